// Counts its requests in SQLite, for those who carry the operator's key.
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  fetch() {
    const sql = this.ctx.storage.sql;
    sql.exec("CREATE TABLE IF NOT EXISTS request (id INTEGER PRIMARY KEY)");
    sql.exec("INSERT INTO request DEFAULT VALUES");
    const { n } = sql.exec("SELECT count(*) AS n FROM request").one();
    console.log(`request ${n}`);
    return new Response(String(n));
  }
}

export default {
  fetch(request, env) {
    if (request.headers.get("authorization") !== `Bearer ${env.OPERATOR_KEY}`) {
      return new Response("no", { status: 401 });
    }
    return env.COUNTER.get(env.COUNTER.idFromName("one")).fetch(request);
  },
};

// What a frame costs on workerd at the least: it is put on disk as it came, and sent back. No engine, no protocol, no
// numbers. `cargo xtask bench service` holds the session object against it.

import { DurableObject } from "cloudflare:workers";

export class SessionObject extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL, at_ms INTEGER NOT NULL)");
  }

  fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "Sec-WebSocket-Protocol": "etude.v1" },
    });
  }

  webSocketMessage(socket, frame) {
    this.sql.exec("INSERT INTO log (frame, at_ms) VALUES (?, ?)", frame, Date.now());
    socket.send(frame);
  }
}

export class StudioObject extends DurableObject {}

export default {
  fetch(request, env) {
    return env.SESSION.getByName(new URL(request.url).pathname).fetch(request);
  },
};

// Writes src/protocol.ts: TypeScript types of the wire messages, from the committed JSON Schema.
import { compile } from "json-schema-to-typescript";
import { readFile, writeFile } from "node:fs/promises";

const given = process.argv.slice(2).find((argument) => argument.endsWith(".json"));
const schema = JSON.parse(await readFile(given ?? new URL("../../docs/protocol.schema.json", import.meta.url), "utf8"));
// Numbers of the schema's integer formats are plain numbers here, and every type has its own name.
const types = await compile(schema, "Messages", {
  additionalProperties: false,
  bannerComment: "// Made from docs/protocol.schema.json by `npm run types`. Do not edit.",
  unreachableDefinitions: true,
  maxItems: -1,
  format: false,
});
const path = new URL("src/protocol.ts", import.meta.url);
if (process.argv.includes("--check")) {
  if ((await readFile(path, "utf8")) !== types) {
    console.error("src/protocol.ts is not what docs/protocol.schema.json says: npm run types");
    process.exit(1);
  }
} else {
  await writeFile(path, types);
}

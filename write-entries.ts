import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "./entries.ts";

for (const [name, update] of Object.entries(FILES)) {
  const file = join(import.meta.dirname, name);
  writeFileSync(file, `${JSON.stringify(update(JSON.parse(readFileSync(file, "utf8"))), null, 2)}\n`);
}

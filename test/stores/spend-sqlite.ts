/** Spends the tokens it is given, as one of several processes, and prints what came of each. */
import { randomUUID } from "node:crypto";
import { sqliteRefreshStore } from "../../src/stores/sqlite.ts";

const [driver = "", file = "", work = ""] = process.argv.slice(2);
const { DatabaseSync } = driver.includes("node:sqlite")
  ? (process.getBuiltinModule("node:sqlite") as never)
  : { DatabaseSync: null };
const { default: Database } = await import("libsql");
const database = DatabaseSync === null ? new Database(file) : new (DatabaseSync as typeof Database)(file);
database.exec("PRAGMA busy_timeout = 5000");
const store = sqliteRefreshStore({ database: database as never });
const at = new Date(Date.UTC(2030, 0, 1) + 1);
const outcomes: string[] = [];
for (const tokenHash of work.split(",")) {
  const token = await store.findToken(tokenHash);
  if (token === null) throw new Error("the token is not there");
  const successor = { tokenHash: randomUUID(), expiresAt: token.expiresAt };
  outcomes.push(await store.spend(token, successor, at, new Date(0)));
}
console.log(JSON.stringify(outcomes));
database.close();

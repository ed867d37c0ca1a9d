/** Replaces the sessions it is given, as one of several processes, and prints what came of each. */
import { sqliteRefreshStore } from "../../src/stores/sqlite.ts";

const [driver = "", file = "", work = ""] = process.argv.slice(2);
const { DatabaseSync } = driver.includes("node:sqlite")
  ? (process.getBuiltinModule("node:sqlite") as never)
  : { DatabaseSync: null };
const { default: Database } = await import("libsql");
const database = DatabaseSync === null ? new Database(file) : new (DatabaseSync as typeof Database)(file);
database.exec("PRAGMA busy_timeout = 5000");
const store = sqliteRefreshStore({ database: database as never });
const outcomes: boolean[] = [];
for (const family of work.split(",")) {
  const session = await store.findSession(family);
  if (session === null) throw new Error("the session is not there");
  const first = { ...session, revision: 0 };
  outcomes.push(await store.replaceSession(first, { ...first, revision: 1 }));
}
console.log(JSON.stringify(outcomes));
database.close();

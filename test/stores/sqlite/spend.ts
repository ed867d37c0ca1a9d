/** Replaces the sessions it is given, as one of several processes, and prints what came of each. */
import { sqliteRefreshStore } from "../../../src/stores/sqlite.ts";
import { type OpenedSqlite, SQLITES } from "./drivers.ts";

const [driver = "", file = "", work = ""] = process.argv.slice(2);
const database = SQLITES[driver]?.(file) as OpenedSqlite;
database.exec("PRAGMA synchronous = OFF"); // the process ends here, and never the machine
const store = sqliteRefreshStore({ database });
const outcomes: boolean[] = [];
for (const family of work.split(",")) {
  const session = await store.findSession(family);
  if (session === null) throw new Error("the session is not there");
  const first = { ...session, revision: 0 };
  outcomes.push(await store.replaceSession(first, { ...first, revision: 1 }));
}
console.log(JSON.stringify(outcomes));
database.close();

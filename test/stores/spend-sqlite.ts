/** Spends the tokens it is given, as one of several processes, and prints what came of each. */
import { randomUUID } from "node:crypto";
import { sqliteRefreshStore } from "../../src/stores/sqlite.ts";
import { type OpenedSqlite, SQLITES } from "./sqlite-drivers.ts";

const [driver = "", file = "", work = ""] = process.argv.slice(2);
const database = SQLITES[driver]?.(file) as OpenedSqlite;
const store = sqliteRefreshStore({ database });
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

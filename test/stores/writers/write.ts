/** Revokes tokens as one of several processes, and prints which of them it was told are stored. */
import { sqliteBlocklist } from "../../../src/stores/sqlite.ts";
import { SQLITES } from "../sqlite/drivers.ts";

const [driver = "", file = "", name = "", count = ""] = process.argv.slice(2);
const database = SQLITES[driver]?.(file);
database?.exec("PRAGMA synchronous = OFF"); // the process ends here, and never the machine
const blocklist = sqliteBlocklist({ database: database as never });
const stored: string[] = [];
for (let index = 0; index < Number(count); index += 1) {
  const jti = `${name}-${index}`;
  try {
    await blocklist.revokeToken(jti, new Date(Date.UTC(2040, 0, 1)), "user-1");
    stored.push(jti);
  } catch {
    // It was told that nothing is stored.
  }
  const asked = { jti, sid: null, userId: "user-1", issuedAt: new Date(0) };
  if ((await blocklist.isRevoked(asked)) !== stored.includes(jti)) throw new Error(`${jti} was answered wrongly`);
}
console.log(JSON.stringify(stored));
process.exit(); // without closing the database

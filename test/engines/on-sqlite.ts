import { strictEqual } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type SqliteDatabase,
  sqliteBlocklist,
  sqliteRefreshStore,
  sqliteSchema,
  sqliteUsers,
} from "../../src/stores/sqlite.ts";
import type { SQLITE } from "./clients.ts";
import type { Stores } from "./flow.ts";
import { casesOf, type Part } from "./part.ts";

/** The stores in a file, which two connections have open. */
export async function onSqlite(open: (typeof SQLITE)[string]): Promise<Stores & Part> {
  const folder = await mkdtemp(join(tmpdir(), "hallpass-engines-"));
  const file = join(folder, "database");
  try {
    const [own, other] = [await open(file), await open(file)];
    const close = async (): Promise<void> => {
      own.close();
      other.close();
      await rm(folder, { recursive: true });
    };
    return { ...storesOn(own.client, other.client), close };
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

function storesOn(database: SqliteDatabase, other: SqliteDatabase): Stores & Part {
  database.exec(sqliteSchema());
  const users = sqliteUsers({ database });
  const blocklist = sqliteBlocklist({ database, deleteExpired: { every: "1h" } });
  const cases = casesOf({
    "waits while another connection writes": async () => {
      const token = { jti: "waited", sid: null, userId: "user-1", issuedAt: new Date() };
      other.exec("BEGIN IMMEDIATE");
      const revoking = blocklist.revokeToken(token.jti, new Date(Date.now() + 60_000), token.userId);
      await new Promise((resolve) => setTimeout(resolve, 20));
      strictEqual(await blocklist.isRevoked(token), false);
      other.exec("COMMIT");
      await revoking;
      strictEqual(await blocklist.isRevoked(token), true);
      strictEqual(await sqliteBlocklist({ database: other }).isRevoked(token), true);
    },
  });
  return { users, refresh: sqliteRefreshStore({ database }), blocklist, add: users.add, cases };
}

import {
  sqliteApiKeys,
  sqliteBlocklist,
  sqliteOneTimeStore,
  sqliteProofs,
  sqliteRefreshStore,
  sqliteSchema,
  sqliteStatusListStore,
  sqliteUsers,
} from "../../../src/stores/sqlite.ts";
import type { Databases, SqlStores } from "../sql-stores.ts";
import { inBigints, type OpenedSqlite, SQLITES } from "./drivers.ts";

async function onSqlite(open: (file: string) => OpenedSqlite): Promise<SqlStores> {
  const database = open(":memory:");
  database.exec(sqliteSchema());
  return {
    users: sqliteUsers({ database }),
    refresh: sqliteRefreshStore({ database }),
    blocklist: sqliteBlocklist({ database }),
    oneTime: sqliteOneTimeStore({ database }),
    apiKeys: sqliteApiKeys({ database }),
    statusLists: sqliteStatusListStore({ database }),
    proofs: sqliteProofs({ database }),
    close: async () => void database.close(),
  };
}

/** Every SQLite that the stores run on here. */
export const SQLITE_DATABASES: Databases = {
  ...Object.fromEntries(Object.entries(SQLITES).map(([name, open]) => [name, () => onSqlite(open)])),
  ...Object.fromEntries(
    Object.entries(SQLITES).map(([name, open]) => [
      `${name}, in bigints`,
      () => onSqlite((file) => inBigints(open(file))),
    ]),
  ),
};

import {
  type DeletionOptions,
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

/** The stores of a database. */
export function sqliteStores(database: OpenedSqlite, deletion: DeletionOptions = {}): Omit<SqlStores, "close"> {
  const options = { database, ...deletion };
  return {
    users: sqliteUsers({ database }),
    refresh: sqliteRefreshStore(options),
    blocklist: sqliteBlocklist(options),
    oneTime: sqliteOneTimeStore(options),
    apiKeys: sqliteApiKeys(options),
    statusLists: sqliteStatusListStore({ database }),
    proofs: sqliteProofs(options),
  };
}

async function onSqlite(open: (file: string) => OpenedSqlite): Promise<SqlStores> {
  const database = open(":memory:");
  database.exec(sqliteSchema());
  return { ...sqliteStores(database), close: async () => void database.close() };
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

/**
 * Users, sessions and revocations in SQLite, over a database that the application opened: of `better-sqlite3`, or of
 * `node:sqlite`.
 *
 * @module
 */
export type { Deletion, DeletionOptions } from "./shared/deletion.ts";
export type { NewSqlUser, SqlBlocklist, SqlRefreshStore, SqlUser, SqlUsers } from "./shared/sql.ts";
export type { SqlTables } from "./shared/tables.ts";
export { sqliteBlocklist } from "./sqlite/blocklist.ts";
export type {
  SqliteDatabase,
  SqliteOptions,
  SqliteStatement,
  SqliteValue,
} from "./sqlite/database.ts";
export { sqliteRefreshStore } from "./sqlite/refresh.ts";
export { sqliteSchema } from "./sqlite/schema.ts";
export { sqliteUsers } from "./sqlite/users.ts";

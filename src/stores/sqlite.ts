/**
 * Users, sessions, revocations, one-time tokens, API keys, status lists and DPoP proofs in a SQLite database that the
 * application opened with `better-sqlite3`, `bun:sqlite` or `node:sqlite`.
 *
 * @module
 */
export type { Deletion, DeletionOptions } from "./shared/deletion.ts";
export type { NewUser } from "./shared/new-user.ts";
export type { NewSqlUser, SqlBlocklist, SqlOneTimeStore, SqlRefreshStore, SqlUser, SqlUsers } from "./shared/sql.ts";
export type { SqlApiKeyStore } from "./shared/sql-api-keys.ts";
export type { SqlProofStore } from "./shared/sql-proofs.ts";
export type { SqlTables } from "./shared/tables.ts";
export { sqliteApiKeys } from "./sqlite/api-keys.ts";
export { sqliteBlocklist } from "./sqlite/blocklist.ts";
export type { SqliteOptions } from "./sqlite/client.ts";
export type { SqliteDatabase, SqliteStatement, SqliteValue } from "./sqlite/database.ts";
export { sqliteOneTimeStore } from "./sqlite/one-time.ts";
export { sqliteProofs } from "./sqlite/proofs.ts";
export { sqliteRefreshStore } from "./sqlite/refresh.ts";
export { sqliteSchema } from "./sqlite/schema.ts";
export { sqliteStatusListStore } from "./sqlite/status-list.ts";
export { sqliteUsers } from "./sqlite/users.ts";

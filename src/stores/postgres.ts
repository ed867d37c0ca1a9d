/**
 * Users, sessions, revocations, one-time tokens, API keys, status lists and DPoP proofs in Postgres, by a client that
 * the application made: a Pool or Client of `pg`, or a PGlite.
 *
 * @module
 */
export { postgresApiKeys } from "./postgres/api-keys.ts";
export { type PostgresBlocklistOptions, postgresBlocklist } from "./postgres/blocklist.ts";
export type { PostgresAnswer, PostgresClient, PostgresOptions } from "./postgres/client.ts";
export type { PostgresFeedOptions } from "./postgres/feed.ts";
export { postgresOneTimeStore } from "./postgres/one-time.ts";
export { postgresProofs } from "./postgres/proofs.ts";
export { postgresRefreshStore } from "./postgres/refresh.ts";
export { postgresSchema } from "./postgres/schema.ts";
export { postgresStatusListStore } from "./postgres/status-list.ts";
export { postgresUsers } from "./postgres/users.ts";
export type { Deletion, DeletionOptions } from "./shared/deletion.ts";
export type { NewUser } from "./shared/new-user.ts";
export type { NewSqlUser, SqlBlocklist, SqlOneTimeStore, SqlRefreshStore, SqlUser, SqlUsers } from "./shared/sql.ts";
export type { SqlApiKeyStore } from "./shared/sql-api-keys.ts";
export type { SqlProofStore } from "./shared/sql-proofs.ts";
export type { SqlTables } from "./shared/tables.ts";

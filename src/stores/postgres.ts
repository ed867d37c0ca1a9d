/**
 * Users, sessions and revocations in Postgres, over a client that the application made: a Pool or Client of `pg`, or a
 * PGlite.
 *
 * @module
 */
export { postgresBlocklist, type SqlBlocklist } from "./postgres/blocklist.ts";
export type { PostgresClient, PostgresOptions, PostgresTables } from "./postgres/client.ts";
export { postgresRefreshStore, type SqlRefreshStore } from "./postgres/refresh.ts";
export { postgresSchema } from "./postgres/schema.ts";
export { type NewSqlUser, postgresUsers, type SqlUser, type SqlUsers } from "./postgres/users.ts";

import { quotedTables, type SqlTables } from "../shared/tables.ts";

/**
 * The tables and indices of the Postgres stores, as text for your migrations: Postgres 13 or later. Leave out what you
 * don't use. Nothing in it drops or changes what is there.
 *
 * @throws TypeError when a table's name is none
 *
 * @example
 * ```ts
 * await pool.query(postgresSchema());
 * ```
 */
export function postgresSchema(tables?: SqlTables): string {
  const { users, sessions, sessionOwners, revocations } = quotedTables("postgresSchema", tables);
  const index = (table: string, column: string, ...more: readonly string[]): string => {
    const columns = [column, ...more];
    const name = `"${table.replaceAll('"', "").replace(".", "_").slice(0, 40)}_${columns.join("_")}"`;
    return `CREATE INDEX IF NOT EXISTS ${name} ON ${table} (${columns.join(", ")});`;
  };
  return `CREATE TABLE IF NOT EXISTS ${users} (
  id text PRIMARY KEY,
  login text NOT NULL UNIQUE,
  password_hash text,
  disabled boolean NOT NULL DEFAULT false,
  password_changed_at timestamptz
);
CREATE TABLE IF NOT EXISTS ${sessionOwners} (
  user_id text PRIMARY KEY,
  endings integer NOT NULL,
  used_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS ${sessions} (
  sid text PRIMARY KEY,
  user_id text NOT NULL,
  family text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  expires_on date NOT NULL,
  password_changed_at timestamptz,
  rotation text NOT NULL,
  revision integer NOT NULL,
  ended text,
  endings integer NOT NULL
) WITH (fillfactor = 75);
${index(sessions, "user_id")}
${index(sessions, "expires_on")}
CREATE TABLE IF NOT EXISTS ${revocations} (
  kind text NOT NULL,
  id text NOT NULL,
  user_id text NOT NULL,
  issued_up_to timestamptz,
  expires_at timestamptz NOT NULL,
  txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (kind, id)
);
${index(revocations, "expires_at")}
${index(revocations, "txid", "kind", "id")}
`;
}

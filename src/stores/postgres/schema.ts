import { quoteTables, type SqlTables } from "../shared/tables.ts";

/**
 * Returns the tables and indices of the Postgres stores as text for your migrations: Postgres 13 or later. Leave out
 * the tables that you don't use, each with the block after it, which creates its indices. Running it again changes
 * nothing that is there.
 *
 * @throws TypeError when a table's name is not allowed
 *
 * @example
 * ```ts
 * await pool.query(postgresSchema());
 * ```
 */
export function postgresSchema(tables?: SqlTables): string {
  const named = quoteTables("postgresSchema", tables);
  const { users, sessions, sessionOwners, revocations, oneTimeTokens, apiKeys, statusLists, statusPages, proofs } =
    named;
  return `CREATE TABLE IF NOT EXISTS ${users} (
  id text PRIMARY KEY,
  login text NOT NULL UNIQUE,
  password_hash text,
  disabled boolean NOT NULL DEFAULT false,
  password_changed_at timestamptz
);
${createIndices(users)}
CREATE TABLE IF NOT EXISTS ${sessionOwners} (
  user_id text PRIMARY KEY,
  endings integer NOT NULL,
  used_at timestamptz NOT NULL
);
${createIndices(sessionOwners)}
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
  details text NOT NULL DEFAULT '',
  revision integer NOT NULL,
  ended text,
  endings integer NOT NULL
) WITH (fillfactor = 75);
${createIndices(sessions, "user_id", "expires_on")}
CREATE TABLE IF NOT EXISTS ${revocations} (
  kind text NOT NULL,
  id text NOT NULL,
  user_id text NOT NULL,
  issued_up_to timestamptz,
  expires_at timestamptz NOT NULL,
  txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (kind, id)
);
${createIndices(revocations, "expires_at", "txid, kind, id")}
CREATE TABLE IF NOT EXISTS ${oneTimeTokens} (
  purpose text NOT NULL,
  user_id text NOT NULL,
  digest text NOT NULL UNIQUE,
  data text NOT NULL,
  valid_until timestamptz NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  tries_until timestamptz,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (purpose, user_id)
);
${createIndices(oneTimeTokens, "expires_at")}
CREATE TABLE IF NOT EXISTS ${apiKeys} (
  id text PRIMARY KEY,
  user_id text NOT NULL,
  digest text NOT NULL UNIQUE,
  label text,
  hint text NOT NULL,
  scopes text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  replaced_by text,
  slot integer,
  UNIQUE (user_id, slot)
) WITH (fillfactor = 75);
${createIndices(apiKeys, "expires_at")}
CREATE TABLE IF NOT EXISTS ${statusLists} (
  series text PRIMARY KEY,
  next bigint NOT NULL,
  terms text NOT NULL
) WITH (fillfactor = 25);
${createIndices(statusLists)}
CREATE TABLE IF NOT EXISTS ${statusPages} (
  series text NOT NULL,
  list integer NOT NULL,
  page integer NOT NULL,
  marks bit(4096) NOT NULL,
  PRIMARY KEY (series, list, page)
) WITH (fillfactor = 50);
${createIndices(statusPages)}
CREATE TABLE IF NOT EXISTS ${proofs} (
  id text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
${createIndices(proofs, "expires_at")}
`;
}

/**
 * Returns a block that creates the indices which a table lacks, found by their columns. Postgres chooses their names: a
 * name of ours might be cut short or be taken, and `IF NOT EXISTS` would then create nothing and say nothing. For the
 * same reason the block checks that the table is one. An advisory lock makes concurrent runs take turns.
 */
function createIndices(table: string, ...columns: readonly string[]): string {
  return `DO $hallpass$
DECLARE columns text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('hallpass: schema', 0));
  IF NOT EXISTS (SELECT FROM pg_class WHERE oid = '${table}'::regclass AND relkind IN ('r', 'p')) THEN
    RAISE EXCEPTION 'hallpass: ${table} is there already, and is no table';
  END IF;
  FOREACH columns IN ARRAY ARRAY[${columns.map((it) => `'${it}'`).join(", ")}]::text[] LOOP
    IF NOT EXISTS (SELECT FROM pg_index WHERE indrelid = '${table}'::regclass AND indisvalid
        AND pg_get_indexdef(indexrelid) LIKE '% USING btree (' || columns || ')') THEN
      EXECUTE 'CREATE INDEX ON ${table} (' || columns || ')';
    END IF;
  END LOOP;
END $hallpass$;`;
}

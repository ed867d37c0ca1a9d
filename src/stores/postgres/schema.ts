import { quotedTables, type SqlTables } from "../shared/tables.ts";

/**
 * The tables and indices of the Postgres stores, as text for your migrations: Postgres 13 or later. Leave out the tables that
 * you don't use, each with the block behind it that creates its indices. Nothing in it drops or changes what is there.
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
  return `CREATE TABLE IF NOT EXISTS ${users} (
  id text PRIMARY KEY,
  login text NOT NULL UNIQUE,
  password_hash text,
  disabled boolean NOT NULL DEFAULT false,
  password_changed_at timestamptz
);
${indices(users)}
CREATE TABLE IF NOT EXISTS ${sessionOwners} (
  user_id text PRIMARY KEY,
  endings integer NOT NULL,
  used_at timestamptz NOT NULL
);
${indices(sessionOwners)}
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
${indices(sessions, "user_id", "expires_on")}
CREATE TABLE IF NOT EXISTS ${revocations} (
  kind text NOT NULL,
  id text NOT NULL,
  user_id text NOT NULL,
  issued_up_to timestamptz,
  expires_at timestamptz NOT NULL,
  txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (kind, id)
);
${indices(revocations, "expires_at", "txid, kind, id")}
`;
}

/**
 * Creates the indices that a table lacks, by their columns: Postgres gives them names of its own, since any name that we
 * give might be cut short, or taken already, and `IF NOT EXISTS` would then leave the index out without a word, as it leaves
 * out a table whose name is that of an index. Two who run it at once take turns.
 */
function indices(table: string, ...columns: readonly string[]): string {
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

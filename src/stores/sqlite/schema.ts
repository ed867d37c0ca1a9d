import { quoteTables, type SqlTables } from "../shared/tables.ts";

/**
 * Returns the tables and indices of the SQLite stores as text for your migrations: SQLite 3.35 or later. Leave out what
 * you don't use. Instants are milliseconds since 1970. Running it again changes nothing that is there.
 *
 * @throws TypeError when a table's name is not allowed
 *
 * @example
 * ```ts
 * database.exec(sqliteSchema());
 * ```
 */
export function sqliteSchema(tables?: SqlTables): string {
  const named = quoteTables("sqliteSchema", tables);
  const { users, sessions, sessionOwners, revocations, oneTimeTokens, apiKeys, statusLists, statusPages, proofs } =
    named;
  return `CREATE TABLE IF NOT EXISTS ${users} (
  id TEXT PRIMARY KEY NOT NULL,
  login TEXT NOT NULL UNIQUE,
  password_hash TEXT,
  disabled INTEGER NOT NULL DEFAULT 0,
  password_changed_at INTEGER
);
CREATE TABLE IF NOT EXISTS ${sessionOwners} (
  user_id TEXT PRIMARY KEY NOT NULL,
  endings INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ${sessions} (
  sid TEXT PRIMARY KEY NOT NULL,
  user_id TEXT NOT NULL,
  family TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  password_changed_at INTEGER,
  rotation TEXT NOT NULL,
  details TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL,
  ended TEXT
);
${createIndex(sessions, "user_id")}
${createIndex(sessions, "expires_at")}
CREATE TABLE IF NOT EXISTS ${revocations} (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  issued_up_to INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
${createIndex(revocations, "expires_at")}
CREATE TABLE IF NOT EXISTS ${oneTimeTokens} (
  purpose TEXT NOT NULL,
  user_id TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  data TEXT NOT NULL,
  valid_until INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  tries_until INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (purpose, user_id)
);
${createIndex(oneTimeTokens, "expires_at")}
CREATE TABLE IF NOT EXISTS ${apiKeys} (
  id TEXT PRIMARY KEY NOT NULL,
  user_id TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  label TEXT,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  replaced_by TEXT
);
${createIndex(apiKeys, "user_id")}
${createIndex(apiKeys, "expires_at")}
CREATE TABLE IF NOT EXISTS ${statusLists} (
  series TEXT PRIMARY KEY NOT NULL,
  next INTEGER NOT NULL,
  terms TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ${statusPages} (
  series TEXT NOT NULL,
  list INTEGER NOT NULL,
  page INTEGER NOT NULL,
  marks TEXT NOT NULL,
  PRIMARY KEY (series, list, page)
);
CREATE TABLE IF NOT EXISTS ${proofs} (
  id TEXT PRIMARY KEY NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
${createIndex(proofs, "expires_at")}
`;
}

/** Returns the statements that create an index on one column. */
function createIndex(table: string, column: string): string {
  const [name = "", schema = ""] = table.split(".").reverse();
  const prefix = schema === "" ? "" : `${schema}.`;
  const index = `${name.slice(0, -1)}_${column}"`;
  // Where another table's index has the name, IF NOT EXISTS creates nothing and says nothing: the SELECT then fails.
  return `CREATE INDEX IF NOT EXISTS ${prefix}${index} ON ${name} (${column});
SELECT 0 FROM ${table} INDEXED BY ${index} WHERE ${column} IS NULL AND false;`;
}

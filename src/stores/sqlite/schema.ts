import { quotedTables, type SqlTables } from "../shared/tables.ts";

/**
 * The tables and indices of the SQLite stores, as text for your migrations: SQLite 3.35 or later. Leave out what you don't
 * use. Instants are milliseconds since 1970. Nothing in it drops or changes what is there.
 *
 * @throws TypeError when a table's name is none
 *
 * @example
 * ```ts
 * database.exec(sqliteSchema());
 * ```
 */
export function sqliteSchema(tables?: SqlTables): string {
  const { users, sessions, refreshTokens, revocations } = quotedTables("sqliteSchema", tables);
  const index = (table: string, column: string): string => {
    const [name = "", schema = ""] = table.split(".").reverse();
    const prefix = schema === "" ? "" : `${schema}.`;
    return `CREATE INDEX IF NOT EXISTS ${prefix}${name.slice(0, -1)}_${column}" ON ${name} (${column});`;
  };
  return `CREATE TABLE IF NOT EXISTS ${users} (
  id TEXT PRIMARY KEY NOT NULL,
  login TEXT NOT NULL UNIQUE,
  password_hash TEXT,
  disabled INTEGER NOT NULL DEFAULT 0,
  password_changed_at INTEGER
);
CREATE TABLE IF NOT EXISTS ${sessions} (
  sid TEXT PRIMARY KEY NOT NULL,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
${index(sessions, "user_id")}
${index(sessions, "expires_at")}
CREATE TABLE IF NOT EXISTS ${refreshTokens} (
  token_hash TEXT PRIMARY KEY NOT NULL,
  sid TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  spent_at INTEGER
);
${index(refreshTokens, "sid")}
${index(refreshTokens, "expires_at")}
CREATE TABLE IF NOT EXISTS ${revocations} (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  issued_up_to INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
${index(revocations, "expires_at")}
`;
}

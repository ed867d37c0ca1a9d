/**
 * The part of a SQLite database that the stores need. `better-sqlite3`, `bun:sqlite` and a `DatabaseSync` of
 * `node:sqlite` have it.
 */
export interface SqliteDatabase {
  /** Prepares a statement. */
  prepare(sql: string): SqliteStatement;
  /** Runs statements that have no parameters and give no rows. */
  exec(sql: string): unknown;
  /** Whether a transaction is open, as `better-sqlite3` says it. */
  readonly inTransaction?: boolean;
  /** Whether a transaction is open, as `node:sqlite` says it from Node 22.16 on. */
  readonly isTransaction?: boolean;
}

/** The part of a prepared statement that the stores need. */
export interface SqliteStatement {
  /** Runs the statement and returns its rows. */
  all(...parameters: SqliteValue[]): unknown[];
  /** Runs a statement that gives no rows. */
  run(...parameters: SqliteValue[]): unknown;
}

/** A value that the stores bind to a statement. */
export type SqliteValue = string | number | null;

import type { SqlTables } from "../shared/tables.ts";
import { checkClient } from "../shared/text.ts";

/** What the stores need of a SQLite database: one of `better-sqlite3`, or a `DatabaseSync` of `node:sqlite`. */
export interface SqliteDatabase {
  /** Prepares a statement. */
  prepare(sql: string): SqliteStatement;
  /** Runs statements that take and give nothing. */
  exec(sql: string): unknown;
}

/** What the stores need of a prepared statement. */
export interface SqliteStatement {
  /** Runs it, and gives its rows. */
  all(...parameters: SqliteValue[]): unknown[];
  /** Runs it, where it has no rows to give. */
  run(...parameters: SqliteValue[]): unknown;
}

/** What the stores bind to a statement. */
export type SqliteValue = string | number | null;

/** What a SQLite store is made of. */
export interface SqliteOptions {
  /** The application's database, opened in its own way and time. */
  readonly database: SqliteDatabase;
  /** The names of the tables. */
  readonly tables?: SqlTables;
}

/** Runs statements, each prepared at its first use. */
export interface Runner {
  rows(sql: string, ...parameters: SqliteValue[]): Record<string, unknown>[];
  write(sql: string, ...parameters: SqliteValue[]): void;
  /** Does all of some work or nothing. What comes first in it must write: that waits for other processes' writing. */
  atomically<T>(work: () => T): Promise<T>;
}

/** Binds a database, once it is known to be one. */
export function runnerOf(owner: string, options: SqliteOptions): Runner {
  const database = options?.database;
  const fix = "database must be one of better-sqlite3, or a DatabaseSync of node:sqlite";
  checkClient(owner, database, ["prepare", "exec"], fix);
  const prepared = new Map<string, SqliteStatement>();
  const statement = (sql: string): SqliteStatement => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    rows(sql, ...parameters) {
      const rows = statement(sql).all(...parameters);
      if (!Array.isArray(rows)) throw new TypeError(`${owner}: the database answered without rows`);
      return rows as Record<string, unknown>[];
    },
    write(sql, ...parameters) {
      statement(sql).run(...parameters);
    },
    async atomically(work) {
      // A savepoint, and no transaction, since the application may be in one of its own.
      database.exec("SAVEPOINT hallpass");
      try {
        const result = work();
        database.exec("RELEASE hallpass");
        return result;
      } catch (error) {
        database.exec("ROLLBACK TO hallpass; RELEASE hallpass");
        throw error;
      }
    },
  };
}

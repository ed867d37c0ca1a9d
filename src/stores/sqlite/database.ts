import { quotedTables, type SqlTables } from "../shared/tables.ts";
import { checkClient } from "../shared/text.ts";
import { checkJournal } from "./journal.ts";
import { writerOf } from "./writer.ts";

/** What the stores need of a SQLite database: one of `better-sqlite3` or `bun:sqlite`, or a `DatabaseSync` of `node:sqlite`. */
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
  /**
   * The application's database, opened in its own way and time, with `PRAGMA journal_mode = WAL`. What is written while a
   * transaction of the application's own is open on it is part of that transaction: give the stores a connection of their
   * own where such a transaction is held open over an `await`.
   */
  readonly database: SqliteDatabase;
  /** The names of the tables. */
  readonly tables?: SqlTables;
}

/** Runs statements, each prepared at its first use. */
export interface Runner {
  /** Runs a statement that gives rows. It may write inside of `atomically` alone. */
  rows(sql: string, ...parameters: SqliteValue[]): Record<string, unknown>[];
  /** Runs a statement that gives no rows, inside of `atomically`. */
  write(sql: string, ...parameters: SqliteValue[]): void;
  /**
   * Does all of some work or nothing, at once or when its turn comes, and answers when it is stored. It may do the work
   * again from the start, so that work may change nothing but the database.
   */
  atomically<T>(work: () => T): Promise<T>;
}

const READS = /^\s*SELECT\b/;

/** Binds a database, once it is known to be one. */
export function runnerOf(owner: string, options: SqliteOptions): Runner {
  const database = options?.database;
  const fix = "database must be one of better-sqlite3 or bun:sqlite, or a DatabaseSync of node:sqlite";
  checkClient(owner, database, ["prepare", "exec"], fix);
  const schemas = schemasOf(quotedTables(owner, options.tables));
  const writer = writerOf(database);
  let isJournalKnown = false;
  const check = (): void => {
    if (!isJournalKnown) checkJournal(owner, database, schemas);
    isJournalKnown = true;
  };
  const prepared = new Map<string, SqliteStatement>();
  const statement = (sql: string): SqliteStatement => {
    if (!writer.isWriting()) {
      if (!READS.test(sql)) throw new Error(`${owner}: only a SELECT may run outside of a transaction`);
      writer.clearAway();
      check();
    }
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
      check();
      return writer.write(work);
    },
  };
}

/** The schemas that tables are in, quoted as they are. */
function schemasOf(tables: Required<SqlTables>): readonly string[] {
  const schemas = Object.values<string>(tables).map((table) => (table.includes(".") ? table.split(".")[0] : '"main"'));
  return [...new Set(schemas as string[])];
}

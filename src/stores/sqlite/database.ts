import { checkOptions, type OptionNames } from "../../shared/options.ts";
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
  /** Whether a transaction is open, as `better-sqlite3` says it. */
  readonly inTransaction?: boolean;
  /** Whether a transaction is open, as `node:sqlite` says it from Node 22.16 on. */
  readonly isTransaction?: boolean;
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
   * The application's database, opened in its own way and time, with `PRAGMA journal_mode = WAL`. A store never works within
   * a transaction of the application's own, whose ROLLBACK would undo what the store has answered for, and whose snapshot
   * hides what others revoked: it waits until that is over, and gives up after two seconds. So open a connection for the
   * stores alone where the application holds transactions open over an `await`.
   */
  readonly database: SqliteDatabase;
  /** The names of the tables. */
  readonly tables?: SqlTables;
}

/** The names of {@link SqliteOptions}. */
export const SQLITE_OPTIONS: OptionNames<SqliteOptions> = { database: "required", tables: "optional" };

/** Runs statements, each prepared at its first use. */
export interface Runner {
  /** Runs a SELECT by itself and gives its rows, at once unless the application has a transaction open. */
  read(sql: string, ...parameters: SqliteValue[]): Promise<Row[]>;
  /** Runs a statement that gives rows, inside of `atomically`. */
  rows(sql: string, ...parameters: SqliteValue[]): Row[];
  /** Runs a statement that gives no rows, inside of `atomically`. */
  write(sql: string, ...parameters: SqliteValue[]): void;
  /**
   * Does all of some work or nothing, at once or when its turn comes, and answers when it is stored. It may do the work
   * again from the start, so that work may change nothing but the database.
   */
  atomically<T>(work: () => T): Promise<T>;
}

/** A row, by the names of its columns. */
export type Row = Record<string, unknown>;

const READS = /^\s*SELECT\b/;

/** Binds a database, once it is known to be one. */
export function runnerOf<Options extends SqliteOptions>(
  owner: string,
  options: Options,
  known: OptionNames<Options>,
): Runner {
  checkOptions(owner, options, known);
  const { database, tables } = options;
  const fix = "database must be one of better-sqlite3 or bun:sqlite, or a DatabaseSync of node:sqlite";
  checkClient(owner, database, ["prepare", "exec"], fix);
  const schemas = schemasOf(quotedTables(owner, tables));
  const writer = writerOf(database);
  let isJournalKnown = false;
  const check = (): void => {
    if (!isJournalKnown) checkJournal(owner, database, schemas);
    isJournalKnown = true;
  };
  const prepared = new Map<string, SqliteStatement>();
  const statement = (sql: string): SqliteStatement => {
    if (!writer.isWriting() && !READS.test(sql))
      throw new Error(`${owner}: only a SELECT may run outside of a transaction`);
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const rows = (sql: string, ...parameters: SqliteValue[]): Row[] => {
    const rows = statement(sql).all(...parameters);
    if (!Array.isArray(rows)) throw new TypeError(`${owner}: the database answered without rows`);
    return rows as Row[];
  };
  return {
    rows,
    write(sql, ...parameters) {
      statement(sql).run(...parameters);
    },
    read: (sql, ...parameters) =>
      writer.read(() => {
        check();
        return rows(sql, ...parameters);
      }),
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

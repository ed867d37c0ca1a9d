import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { checkClient, refuseClient } from "../shared/client.ts";
import type { Row } from "../shared/rows.ts";
import { quoteTables, type SqlTables } from "../shared/tables.ts";
import type { SqliteDatabase, SqliteStatement, SqliteValue } from "./database.ts";
import { checkJournal } from "./journal.ts";
import { getWriter } from "./writer.ts";

/** The options of a SQLite store. */
export interface SqliteOptions {
  /**
   * The application's open database, with `PRAGMA journal_mode = WAL`. A store never works inside a transaction of the
   * application: its ROLLBACK would undo what the store has confirmed, and its snapshot hides new revocations. So a
   * store waits for the end of such a transaction, and fails after two seconds. Open a connection for the stores alone
   * where the application keeps transactions open over an `await`.
   */
  readonly database: SqliteDatabase;
  /** The names of the tables. Those of {@link SqlTables} by default. */
  readonly tables?: SqlTables;
}

/** The names of {@link SqliteOptions}. */
export const SQLITE_OPTIONS: OptionNames<SqliteOptions> = { database: "required", tables: "optional" };

/** Runs statements on a database, and prepares each of them once. */
export interface Client {
  /** Runs a SELECT of its own and returns its rows. It waits only while the application has a transaction open. */
  read(sql: string, ...parameters: SqliteValue[]): Promise<readonly Row[]>;
  /** Runs a statement inside of `transact` and returns its rows. */
  query(sql: string, ...parameters: SqliteValue[]): readonly Row[];
  /** Runs a statement that gives no rows, inside of `transact`. */
  execute(sql: string, ...parameters: SqliteValue[]): void;
  /**
   * Runs work in a transaction and resolves once it is committed. It may run the work again from the start, so the work
   * must change nothing but the database.
   */
  transact<T>(work: () => T): Promise<T>;
  /** The quoted names of the tables. */
  readonly tables: Required<SqlTables>;
}

const SELECT = /^\s*SELECT\b/;

/**
 * Checks the options of a store and binds its database.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 */
export function bindClient<Options extends SqliteOptions>(
  owner: string,
  options: Options,
  known: OptionNames<Options>,
): Client {
  refuseClient(owner, options, ["prepare"], "{ database }");
  checkOptions(owner, options, known);
  const { database } = options;
  const fix = "database must be one of better-sqlite3 or bun:sqlite, or a DatabaseSync of node:sqlite";
  checkClient(owner, database, ["prepare", "exec"], fix);
  const tables = quoteTables(owner, options.tables);
  const writer = getWriter(database);
  let isJournalChecked = false;
  const checkJournalOnce = (): void => {
    if (!isJournalChecked) checkJournal(owner, database, listSchemas(tables));
    isJournalChecked = true;
  };
  const prepared = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    if (!writer.isWriting() && !SELECT.test(sql))
      throw new Error(`${owner}: only a SELECT may run outside of a transaction`);
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  const query = (sql: string, ...parameters: SqliteValue[]): Row[] => {
    const rows = prepare(sql).all(...parameters);
    if (!Array.isArray(rows)) throw new TypeError(`${owner}: the database answered without rows`);
    return rows as Row[];
  };
  return {
    tables,
    query,
    execute(sql, ...parameters) {
      prepare(sql).run(...parameters);
    },
    read: (sql, ...parameters) =>
      writer.read(() => {
        checkJournalOnce();
        return query(sql, ...parameters);
      }),
    async transact(work) {
      checkJournalOnce();
      return writer.write(work);
    },
  };
}

/** Lists the schemas of the tables, quoted. */
function listSchemas(tables: Required<SqlTables>): readonly string[] {
  const schemas = Object.values<string>(tables).map((table) => (table.includes(".") ? table.split(".")[0] : '"main"'));
  return [...new Set(schemas as string[])];
}

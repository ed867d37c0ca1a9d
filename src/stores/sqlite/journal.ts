import type { Row } from "../shared/rows.ts";
import type { SqliteDatabase } from "./database.ts";

/**
 * Refuses a journal mode in which a reader, of this process or another, keeps a writer from committing: every mode but
 * WAL. A database without a file has no other readers: there, only `off` is refused, which can't roll back.
 *
 * @throws TypeError that says what to do
 */
export function checkJournal(owner: string, database: SqliteDatabase, schemas: readonly string[]): void {
  for (const schema of schemas) {
    const mode = queryFirst(database, `PRAGMA ${schema}.journal_mode`).journal_mode;
    if (mode !== "wal" && (mode === "off" || hasFile(database, schema))) {
      throw new TypeError(`${owner}: the database's journal mode is ${mode}: PRAGMA journal_mode = WAL`);
    }
  }
}

function hasFile(database: SqliteDatabase, schema: string): boolean {
  const name = schema.slice(1, -1);
  const sql = `SELECT max(file) AS file FROM pragma_database_list WHERE name = '${name}' COLLATE NOCASE`;
  const { file } = queryFirst(database, sql);
  return file !== null && file !== "";
}

function queryFirst(database: SqliteDatabase, sql: string): Row {
  return database.prepare(sql).all()[0] as Row;
}

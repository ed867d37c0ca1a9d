import type { SqliteDatabase } from "./database.ts";

/**
 * Refuses a journal that can't keep what was answered. Without WAL, whoever reads keeps a
 * writer from committing, in this process and in others. Where there is no file, nobody else can read.
 *
 * @throws TypeError that says what to do
 */
export function checkJournal(owner: string, database: SqliteDatabase, schemas: readonly string[]): void {
  for (const schema of schemas) {
    const mode = first(database, `PRAGMA ${schema}.journal_mode`).journal_mode;
    if (mode !== "wal" && (mode === "off" || hasFile(database, schema))) {
      throw new TypeError(`${owner}: the database's journal mode is ${mode}: PRAGMA journal_mode = WAL`);
    }
  }
}

function hasFile(database: SqliteDatabase, schema: string): boolean {
  const name = schema.slice(1, -1);
  const { file } = first(
    database,
    `SELECT max(file) AS file FROM pragma_database_list WHERE name = '${name}' COLLATE NOCASE`,
  );
  return file !== null && file !== "";
}

function first(database: SqliteDatabase, sql: string): Record<string, unknown> {
  return database.prepare(sql).all()[0] as Record<string, unknown>;
}

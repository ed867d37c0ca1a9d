import Database from "libsql";
import type { SqliteDatabase } from "../../../src/stores/sqlite.ts";

/** A SQLite database by one of its drivers, and how to close it. */
export type OpenedSqlite = SqliteDatabase & { close(): unknown };

interface NodeSqlite {
  readonly DatabaseSync: new (file: string) => OpenedSqlite;
}

const nodeSqlite = process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;

/** The drivers of SQLite here: `libsql` has the surface of `better-sqlite3`, and `node:sqlite` is there from Node 22 on. */
export const SQLITES: Readonly<Record<string, (file: string) => OpenedSqlite>> = {
  "SQLite, as by better-sqlite3": (file) => new Database(file) as unknown as OpenedSqlite,
  ...(nodeSqlite !== undefined && { "SQLite, by node:sqlite": (file: string) => new nodeSqlite.DatabaseSync(file) }),
};

/** A database whose whole numbers are bigints, as each driver can be told. */
export function inBigints(database: OpenedSqlite): OpenedSqlite {
  type Told = Partial<Record<"safeIntegers" | "setReadBigInts", (on: boolean) => unknown>>;
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      const told = statement as Told;
      told.safeIntegers?.(true);
      told.setReadBigInts?.(true);
      return statement;
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
  };
}

import type { SqliteDatabase, SqliteStatement } from "./database.ts";

/** Transactions on one database. */
export interface Transactions {
  /** Does all of some work and says what came of it, or does nothing: `null` while another connection writes. */
  attempt<T>(work: () => T): { readonly result: T } | null;
  /** Whether some work is being done. */
  isWriting(): boolean;
  /** Ends a transaction of ours that could not be rolled back when it failed, or refuses to go on. */
  clearAway(): void;
}

// SQLite's own words, which every driver hands on, for what they give codes of their own.
const BUSY = "database is locked";
const NESTED = "cannot start a transaction within a transaction";
const ENDED = "no transaction is active";

/** Binds the transactions of a database. */
export function transactionsOf(database: SqliteDatabase): Transactions {
  let isWriting = false;
  let isLeftOpen = false;
  let timeout: SqliteStatement | undefined;

  const withoutWaiting = (sql: string): void => {
    timeout ??= database.prepare("PRAGMA busy_timeout");
    const [row] = timeout.all() as { timeout: number }[];
    database.exec("PRAGMA busy_timeout = 0");
    try {
      database.exec(sql);
    } finally {
      database.exec(`PRAGMA busy_timeout = ${row?.timeout}`);
    }
  };
  /**
   * Takes the write lock, and gives what commits. Where the application's own transaction is open, the statement takes the
   * lock too before it fails. A prepared statement must not be the one that finds the lock taken: libsql leaves it
   * unfinished, and nothing can be committed on that connection any more.
   */
  const begin = (): "COMMIT" | "RELEASE hallpass" => {
    try {
      withoutWaiting("BEGIN IMMEDIATE");
      return "COMMIT";
    } catch (error) {
      if (!says(NESTED, error)) throw error;
      database.exec("SAVEPOINT hallpass");
      return "RELEASE hallpass";
    }
  };
  const succeeds = (sql: string): boolean => {
    try {
      database.exec(sql);
      return true;
    } catch (error) {
      return says(ENDED, error);
    }
  };
  const clearAway = (): void => {
    if (isLeftOpen) isLeftOpen = !succeeds("ROLLBACK");
    if (isLeftOpen) throw new Error("SQLite: a transaction that failed can't be rolled back");
  };

  return {
    isWriting: () => isWriting,
    clearAway,
    attempt(work) {
      clearAway();
      let commit = "";
      try {
        commit = begin();
        isWriting = true;
        const result = work();
        database.exec(commit);
        return { result };
      } catch (error) {
        if (commit === "RELEASE hallpass" && succeeds("ROLLBACK TO hallpass")) succeeds("RELEASE hallpass");
        else if (commit !== "") isLeftOpen = !succeeds("ROLLBACK");
        if (says(BUSY, error)) return null;
        throw error;
      } finally {
        isWriting = false;
      }
    },
  };
}

function says(words: string, error: unknown): boolean {
  return String((error as Partial<Error> | null)?.message).includes(words);
}

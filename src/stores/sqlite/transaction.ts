import type { SqliteDatabase, SqliteStatement } from "./database.ts";

/** Transactions on one database. */
export interface Transactions {
  /**
   * Does all of some work and says what came of it, or does nothing: `null` while another connection writes, or while a
   * transaction of the application's own is open.
   */
  attempt<T>(work: () => T): { readonly result: T } | null;
  /** Whether some work is being done. */
  isWriting(): boolean;
  /**
   * Whether a transaction of the application's own is open. One of ours that could not be rolled back when it failed is
   * ended before.
   *
   * @throws Error when that can't be ended
   */
  isTaken(): boolean;
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
  const isOpen = (): boolean => {
    const said = database.inTransaction ?? database.isTransaction;
    if (said !== undefined) return said;
    try {
      database.exec("BEGIN"); // takes no lock, and fails within a transaction
    } catch (error) {
      if (says(NESTED, error)) return true;
      throw error;
    }
    database.exec("COMMIT");
    return false;
  };
  const succeeds = (sql: string): boolean => {
    try {
      database.exec(sql);
      return true;
    } catch (error) {
      return says(ENDED, error);
    }
  };
  const isTaken = (): boolean => {
    if (isLeftOpen) isLeftOpen = !succeeds("ROLLBACK");
    if (isLeftOpen) throw new Error("SQLite: a transaction that failed can't be rolled back");
    return isOpen();
  };

  return {
    isWriting: () => isWriting,
    isTaken,
    attempt(work) {
      if (isTaken()) return null;
      try {
        // A prepared statement must not be the one that finds the lock taken: libsql leaves it unfinished, and nothing can be
        // committed on that connection any more.
        withoutWaiting("BEGIN IMMEDIATE");
        isWriting = true;
        const result = work();
        database.exec("COMMIT");
        return { result };
      } catch (error) {
        if (isWriting) isLeftOpen = !succeeds("ROLLBACK");
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

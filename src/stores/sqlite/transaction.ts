import type { SqliteDatabase, SqliteStatement } from "./database.ts";

/** Transactions on one database. */
export interface Transactions {
  /**
   * Runs work in a transaction, and returns its result or throws its error. Does nothing and returns `null` while
   * another connection writes or while the application has a transaction open.
   */
  attempt<T>(work: () => T): { readonly result: T } | null;
  /** Whether a transaction of ours is running. */
  isWriting(): boolean;
  /**
   * Tells whether the application has a transaction open. It first rolls back a transaction of ours that failed and
   * could not be rolled back at the time.
   *
   * @throws Error when that rollback fails again
   */
  isTaken(): boolean;
}

// Drivers use codes of their own for these errors, but all of them pass on SQLite's message.
const BUSY = "database is locked";
const NESTED = "cannot start a transaction within a transaction";
const ENDED = "no transaction is active";

/** Creates the transactions of a database. */
export function createTransactions(database: SqliteDatabase): Transactions {
  let isWriting = false;
  let isLeftOpen = false;
  let selectTimeout: SqliteStatement | undefined;

  const execWithoutWaiting = (sql: string): void => {
    selectTimeout ??= database.prepare("PRAGMA busy_timeout");
    const [row] = selectTimeout.all() as { timeout: number }[];
    database.exec("PRAGMA busy_timeout = 0");
    try {
      database.exec(sql);
    } finally {
      database.exec(`PRAGMA busy_timeout = ${row?.timeout}`);
    }
  };
  const isOpen = (): boolean => {
    const known = database.inTransaction ?? database.isTransaction;
    if (known !== undefined) return known;
    try {
      database.exec("BEGIN"); // takes no lock, and fails within a transaction
    } catch (error) {
      if (hasMessage(NESTED, error)) return true;
      throw error;
    }
    database.exec("COMMIT");
    return false;
  };
  const tryRollback = (): boolean => {
    try {
      database.exec("ROLLBACK");
      return true;
    } catch (error) {
      return hasMessage(ENDED, error);
    }
  };
  const isTaken = (): boolean => {
    if (isLeftOpen) isLeftOpen = !tryRollback();
    if (isLeftOpen) throw new Error("SQLite: a transaction that failed can't be rolled back");
    return isOpen();
  };

  return {
    isWriting: () => isWriting,
    isTaken,
    attempt(work) {
      if (isTaken()) return null;
      try {
        // `exec` must be the first to find the lock taken: libsql would leave a prepared statement unfinished, and the
        // connection could not commit any more.
        execWithoutWaiting("BEGIN IMMEDIATE");
        isWriting = true;
        const result = work();
        database.exec("COMMIT");
        return { result };
      } catch (error) {
        if (isWriting) isLeftOpen = !tryRollback();
        if (hasMessage(BUSY, error)) return null;
        throw error;
      } finally {
        isWriting = false;
      }
    },
  };
}

function hasMessage(words: string, error: unknown): boolean {
  return String((error as Partial<Error> | null)?.message).includes(words);
}

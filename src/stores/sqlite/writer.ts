import { readStopwatch } from "../../shared/clock.ts";
import { ignore } from "../../shared/listener.ts";
import { sleep } from "../../shared/promise.ts";
import type { SqliteDatabase } from "./database.ts";
import { createTransactions, type Transactions } from "./transaction.ts";

/** How long a read or write may wait for its turn. */
const TIMEOUT_MS = 2_000;
const MAX_PAUSE_MS = 20;

/** Reads and writes a database, for all the stores on it. */
export interface Writer extends Pick<Transactions, "isWriting"> {
  /** Runs work that reads, once the application has no transaction open. */
  read<T>(work: () => T): Promise<T>;
  /** Runs work in a transaction. */
  write<T>(work: () => T): Promise<T>;
}

/**
 * The writers of the databases. Another copy of the package has a writer of its own for the same database. The two
 * never write at once, since a transaction ends without a wait.
 */
const WRITERS = new WeakMap<SqliteDatabase, Writer>();

/** Returns the one writer of a database. */
export function getWriter(database: SqliteDatabase): Writer {
  const writer = WRITERS.get(database) ?? createWriter(database);
  WRITERS.set(database, writer);
  return writer;
}

/**
 * Creates a writer. Its writes run one after another, in the order in which they came. While another connection writes,
 * or the application has a transaction open, they wait by timers, so that the process can do other work.
 */
function createWriter(database: SqliteDatabase): Writer {
  const { attempt, isWriting, isTaken } = createTransactions(database);
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  const retryUntil = async <T>(deadline: number, attempt: () => { readonly result: T } | null): Promise<T> => {
    for (let pause = 1; readStopwatch() < deadline; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
      const outcome = attempt();
      if (outcome !== null) return outcome.result;
      await sleep(pause);
    }
    throw new Error(
      isTaken()
        ? `SQLite: the application held a transaction open for ${TIMEOUT_MS} ms; ` +
            "give the stores a connection of their own"
        : `SQLite: others were writing for ${TIMEOUT_MS} ms`,
    );
  };
  return {
    isWriting,
    read: (work) => retryUntil(readStopwatch() + TIMEOUT_MS, () => (isTaken() ? null : { result: work() })),
    async write(work) {
      const deadline = readStopwatch() + TIMEOUT_MS;
      const before = last;
      let leave: () => void = ignore;
      last = new Promise((resolve) => {
        leave = resolve;
      });
      waiting += 1;
      try {
        if (waiting > 1) await before;
        return await retryUntil(deadline, () => attempt(work));
      } finally {
        waiting -= 1;
        setImmediate(leave); // without a pause, a long queue would block the process
      }
    },
  };
}

import { stopwatch } from "../../shared/clock.ts";
import { ignore } from "../../shared/listener.ts";
import { sleep } from "../../shared/promise.ts";
import type { SqliteDatabase } from "./database.ts";
import { type Transactions, transactionsOf } from "./transaction.ts";

/** How long a write waits for those before it and for other connections, all in all. */
const PATIENCE_MS = 2_000;
const LONGEST_PAUSE_MS = 20;

/** Reads and writes a database, for all the stores on it. */
export interface Writer extends Pick<Transactions, "isWriting"> {
  /** Reads, once no transaction of the application's own is open. */
  read<T>(work: () => T): Promise<T>;
  /** Does all of some work or nothing. */
  write<T>(work: () => T): Promise<T>;
}

const WRITERS = new WeakMap<SqliteDatabase, Writer>();

/** The one writer of a database. */
export function writerOf(database: SqliteDatabase): Writer {
  const known = WRITERS.get(database) ?? createWriter(database);
  WRITERS.set(database, known);
  return known;
}

/**
 * One write after another, in the order in which they came. While another connection writes, or a transaction of the
 * application's own is open, they wait in timers, so that the process goes on and whoever reads is not held up.
 */
function createWriter(database: SqliteDatabase): Writer {
  const { attempt, isWriting, isTaken } = transactionsOf(database);
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  const until = async <T>(deadline: number, attempt: () => { readonly result: T } | null): Promise<T> => {
    for (let pause = 1; stopwatch() < deadline; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const done = attempt();
      if (done !== null) return done.result;
      await sleep(pause);
    }
    throw new Error(
      isTaken()
        ? `SQLite: the application held a transaction open for ${PATIENCE_MS} ms; give the stores a connection of their own`
        : `SQLite: others were writing for ${PATIENCE_MS} ms`,
    );
  };
  return {
    isWriting,
    read: (work) => until(stopwatch() + PATIENCE_MS, () => (isTaken() ? null : { result: work() })),
    async write(work) {
      const deadline = stopwatch() + PATIENCE_MS;
      const before = last;
      let leave: () => void = ignore;
      last = new Promise((resolve) => {
        leave = resolve;
      });
      waiting += 1;
      try {
        if (waiting > 1) await before;
        return await until(deadline, () => attempt(work));
      } finally {
        waiting -= 1;
        setImmediate(leave); // and not at once, so that a long queue doesn't hold up the process
      }
    },
  };
}

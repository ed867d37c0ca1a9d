import { stopwatch } from "../../shared/clock.ts";
import { sleep } from "../../shared/promise.ts";

/** serialization_failure and deadlock_detected: the server gave up a statement for the sake of another. */
const CLASHES: ReadonlySet<unknown> = new Set(["40001", "40P01"]);
/** in_failed_sql_transaction: a transaction of the application takes no more statements after one has failed. */
const ABANDONED = "25P02";

const TIMEOUT_MS = 2_000;
const MAX_PAUSE_MS = 100;

/** Runs a statement, and runs it again while it clashes with others, after random pauses that grow. */
export async function retryClashes<T>(statement: () => Promise<T>): Promise<T> {
  const deadline = stopwatch() + TIMEOUT_MS;
  let clash: unknown;
  for (let pause = 4; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    try {
      return await statement();
    } catch (error) {
      const code = readSqlState(error);
      if (code === ABANDONED && clash !== undefined) throw clash;
      if (!CLASHES.has(code) || stopwatch() > deadline) throw error;
      clash = error;
      await sleep(1 + pause * (stopwatch() % 1)); // the stopwatch's microseconds are random enough
    }
  }
}

/**
 * Reads the SQLSTATE of an error. Most clients have it as `code`. Bun.SQL has it as `errno`, and a `code` of its own.
 */
function readSqlState(error: unknown): unknown {
  const { code, errno } = (error ?? {}) as { readonly code?: unknown; readonly errno?: unknown };
  return code === "ERR_POSTGRES_SERVER_ERROR" ? errno : code;
}

import { readStopwatch } from "../../shared/clock.ts";
import { sleep } from "../../shared/promise.ts";

/** serialization_failure and deadlock_detected: the server aborted a statement because of a conflict with another. */
const CONFLICTS: ReadonlySet<unknown> = new Set(["40001", "40P01"]);
/** in_failed_sql_transaction: a transaction of the application takes no more statements after one has failed. */
const IN_FAILED_TRANSACTION = "25P02";

const TIMEOUT_MS = 2_000;
const MAX_PAUSE_MS = 100;

/** Runs a statement, and runs it again while it conflicts with others, after random pauses that grow. */
export async function retryConflicts<T>(statement: () => Promise<T>): Promise<T> {
  const deadline = readStopwatch() + TIMEOUT_MS;
  let conflict: unknown;
  for (let pause = 4; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    try {
      return await statement();
    } catch (error) {
      const code = readSqlState(error);
      if (code === IN_FAILED_TRANSACTION && conflict !== undefined) throw conflict;
      if (!CONFLICTS.has(code) || readStopwatch() > deadline) throw error;
      conflict = error;
      await sleep(1 + pause * (readStopwatch() % 1)); // the stopwatch's microseconds are random enough
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

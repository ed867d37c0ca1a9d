import { stopwatch } from "../../shared/clock.ts";
import { sleep } from "../../shared/promise.ts";

/** What the server gives up for the sake of another transaction: serialization_failure and deadlock_detected. */
const CLASHES: ReadonlySet<unknown> = new Set(["40001", "40P01"]);
/** In a transaction of the application's own there is no going on after a failure: in_failed_sql_transaction. */
const ABANDONED = "25P02";

const PATIENCE_MS = 2_000;
const LONGEST_PAUSE_MS = 100;

/** Runs a statement again while it clashes with others, after pauses that grow, and of which no two are the same. */
export async function retryClashes<T>(statement: () => Promise<T>): Promise<T> {
  const deadline = stopwatch() + PATIENCE_MS;
  let clash: unknown;
  for (let pause = 4; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await statement();
    } catch (error) {
      const code = sqlStateOf(error);
      if (code === ABANDONED && clash !== undefined) throw clash;
      if (!CLASHES.has(code) || stopwatch() > deadline) throw error;
      clash = error;
      await sleep(1 + pause * (stopwatch() % 1)); // its microseconds are as good as drawing lots
    }
  }
}

/** The SQLSTATE of a failure: most clients have it as `code`, and Bun.SQL as `errno`, beside a code of its own. */
function sqlStateOf(error: unknown): unknown {
  const { code, errno } = (error ?? {}) as { readonly code?: unknown; readonly errno?: unknown };
  return code === "ERR_POSTGRES_SERVER_ERROR" ? errno : code;
}

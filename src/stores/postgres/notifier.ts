import { ignore } from "../../shared/listener.ts";
import { withTimeout } from "../../shared/promise.ts";
import type { Query } from "./client.ts";

/** A call without an answer must not block later calls for ever. */
const TIMEOUT_MS = 5_000;

/**
 * Creates a function that notifies a channel in the background. As a part of the statement that revokes, `pg_notify`
 * would make all commits of the database wait for each other. One call runs at a time, and the next call covers all
 * revocations that came meanwhile. A call that fails loses nothing, because a feed also reads at intervals.
 */
export function createNotifier(query: Query, channel: string): () => void {
  let isRunning = false;
  let isDue = false;
  const notify = async (): Promise<void> => {
    isRunning = true;
    while (isDue) {
      isDue = false;
      await withTimeout("pg_notify", TIMEOUT_MS, query(`SELECT pg_notify('${channel}', '')`)).catch(ignore);
    }
    isRunning = false;
  };
  return () => {
    isDue = true;
    if (!isRunning) void notify();
  };
}

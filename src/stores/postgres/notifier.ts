import { ignore } from "../../shared/listener.ts";
import { withTimeout } from "../../shared/promise.ts";
import type { Run } from "./client.ts";

/** A connection that swallows must not silence the channel for good. */
const LIMIT_MS = 5_000;

/**
 * Makes a function that says on a channel, in the background, that there are revocations to be read. Inside the statement
 * that revokes, `pg_notify` would make all commits of the database wait for each other. One call at a time stands for all
 * that came meanwhile; when it fails, nothing is lost, since a feed looks by itself too.
 */
export function notifierOf(run: Run, channel: string): () => void {
  let isBusy = false;
  let isDue = false;
  const notify = async (): Promise<void> => {
    isBusy = true;
    while (isDue) {
      isDue = false;
      await withTimeout("pg_notify", LIMIT_MS, run(`SELECT pg_notify('${channel}', '')`)).catch(ignore);
    }
    isBusy = false;
  };
  return () => {
    isDue = true;
    if (!isBusy) void notify();
  };
}

import { systemClock } from "../../shared/clock.ts";
import { type Duration, toSeconds } from "../../shared/duration.ts";
import { tell, warningOnce } from "../../shared/listener.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { withTimeout } from "../../shared/promise.ts";

/** How a store deletes what has ended by itself. */
export interface Deletion {
  /** How often; the first time is that long after the store was made. From a second to `"24d"`. */
  readonly every: Duration;
  /** Told when it failed; it is done again next time. Without it, the first failure is a warning of the process. */
  readonly onError?: (error: unknown) => void;
}

/** What a store is made of that can delete by itself. */
export interface DeletionOptions {
  /**
   * Has the store run its `deleteExpired` by itself, such as `{ every: "10m" }`. Without it, run it now and then. Every
   * process may have it on: where several do it at once, one goes on and the others leave it to that one.
   */
  readonly deleteExpired?: Deletion;
}

const DELETION: OptionNames<Deletion> = { every: "required", onError: "optional" };

/** The names of {@link DeletionOptions}. */
export const DELETION_OPTIONS: OptionNames<DeletionOptions> = { deleteExpired: "optional" };

/** After so long a deletion is given up for lost, with its connection. */
const LOST_MS = 600_000;
const MOST_SECONDS = 24 * 86_400; // timers hold no more than 24.8 days

/**
 * The store, which deletes what has ended by itself where that is asked for: never twice at once, and in a timer that keeps
 * no process alive.
 *
 * @throws TypeError when what is asked for is no {@link Deletion}
 */
export function deletingByItself<S extends { deleteExpired(at: Date): Promise<number> }>(
  owner: string,
  store: S,
  { deleteExpired: deletion }: DeletionOptions,
): S {
  if (deletion === undefined) return store;
  checkOptions(`${owner}: deleteExpired`, deletion, DELETION);
  const { every, onError = warnOnce(owner) } = deletion;
  const seconds = toSeconds(`${owner}: deleteExpired.every`, every, 1, MOST_SECONDS);
  checkFunction(`${owner}: deleteExpired.onError`, onError, "(error) => log(error)");
  let isUnderWay = false;
  const run = async (): Promise<void> => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await withTimeout(owner, LOST_MS, store.deleteExpired(new Date(systemClock())), { unref: true });
    } catch (error) {
      tell(onError, error);
    }
    isUnderWay = false;
  };
  setInterval(run, seconds * 1_000).unref();
  return store;
}

function warnOnce(owner: string): (error: unknown) => void {
  const warn = warningOnce();
  return () => warn(`${owner}: what has ended could not be deleted; give deleteExpired.onError`);
}

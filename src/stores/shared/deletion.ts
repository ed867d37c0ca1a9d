import { type Duration, toSeconds } from "../../shared/duration.ts";
import { createWarning, tell } from "../../shared/listener.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { withTimeout } from "../../shared/promise.ts";

/** When a store deletes expired rows by itself. */
export interface Deletion {
  /** The time between two deletions, and before the first: from one second to `"24d"`. */
  readonly every: Duration;
  /**
   * Called with the error of a deletion that failed. The next deletion makes up for it. By default the process warns of
   * the first failure.
   */
  readonly onError?: (error: unknown) => void;
}

/** The options of a store that can delete expired rows by itself. */
export interface DeletionOptions {
  /**
   * Makes the store call its `deleteExpired` by itself, such as with `{ every: "10m" }`. None by default: then call it
   * yourself now and then. Every process may set it: where several delete at once, one of them does the work.
   */
  readonly deleteExpired?: Deletion;
}

const DELETION: OptionNames<Deletion> = { every: "required", onError: "optional" };

/** The names of {@link DeletionOptions}. */
export const DELETION_OPTIONS: OptionNames<DeletionOptions> = { deleteExpired: "optional" };

/** After ten minutes a deletion counts as failed: its connection must be lost. */
const TIMEOUT_MS = 600_000;

/** The longest timer of Node takes 24.8 days. */
const MAX_SECONDS = 24 * 86_400;

/**
 * Starts the timer by which a store deletes expired rows itself. Deletions never overlap, and the timer does not keep
 * the process alive.
 *
 * @returns the store
 * @throws TypeError when the option is not a {@link Deletion}
 */
export function scheduleDeletion<S extends { deleteExpired(at?: Date): Promise<number> }>(
  owner: string,
  store: S,
  { deleteExpired: deletion }: DeletionOptions,
): S {
  if (deletion === undefined) return store;
  checkOptions(`${owner}: deleteExpired`, deletion, DELETION);
  const { every, onError = createDeletionWarning(owner) } = deletion;
  const seconds = toSeconds(`${owner}: deleteExpired.every`, every, 1, MAX_SECONDS);
  checkFunction(`${owner}: deleteExpired.onError`, onError, "(error) => log(error)");
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      await withTimeout(owner, TIMEOUT_MS, store.deleteExpired(), { unref: true });
    } catch (error) {
      tell(onError, error);
    }
    isRunning = false;
  };
  setInterval(run, seconds * 1_000).unref();
  return store;
}

function createDeletionWarning(owner: string): (error: unknown) => void {
  const warn = createWarning();
  return () => warn(`${owner}: what has ended could not be deleted; give deleteExpired.onError`);
}

import type { SigningKey, VerifyingKey } from "./key.ts";

/** The property that holds the source of keys. Two copies of this package share a registered symbol. */
export const SOURCE: unique symbol = Symbol.for("hallpass.keySource") as never;

/**
 * The keys at one time. A set never changes: when keys change, there is another set, so comparing the objects is
 * enough.
 */
export interface KeySet {
  /** The key that signs; `null` where none does. */
  readonly current: SigningKey | null;
  readonly keys: readonly VerifyingKey[];
}

/** The source of a profile's keys. */
export interface KeySource {
  /**
   * Gives the current keys without waiting; `null` where they have to be waited for.
   *
   * @param now - the clock of the profile
   * @param time - the time of that clock, if the caller has just read it
   */
  read(now: () => number, time?: number): KeySet | null;
  /** How to get keys that have to be fetched; `null` where all keys are local. */
  readonly remote: RemoteSource | null;
}

/** Gets the keys that have to be fetched. */
interface RemoteSource {
  /**
   * Waits until there are keys.
   *
   * @throws AuthError `unavailable` (503) where none can be fetched
   */
  wait(): Promise<unknown>;
  /**
   * Calls `attempt` once there are keys. If none fits, the keys are fetched again, unless they were fetched a moment
   * ago, and `attempt` is called a second time.
   *
   * @param alg - the algorithm of the token, which may be anything
   * @param refuse - creates the error for a token whose key is not among them
   * @param attempt - tries the current keys; `null` where none of them fits
   * @throws AuthError the error of `refuse`, or `unavailable` (503) where no keys can be fetched
   */
  find<Found>(alg: unknown, refuse: () => Error, attempt: () => Found | PromiseLike<Found> | null): Promise<Found>;
}

/** Keys that may change while they are used: {@link remoteKeys} and {@link rotatingKeys} make them. */
export interface LiveKeys {
  /** @internal */
  readonly [SOURCE]: KeySource;
}

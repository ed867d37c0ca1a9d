import type { SigningKey, VerifyingKey } from "./key.ts";

/** The property that holds where keys come from. Two copies of this package share a registered symbol. */
export const SOURCE: unique symbol = Symbol.for("hallpass.keySource") as never;

/** The keys of an instant. Each set is an object of its own, and never changes: whoever compares two sees a change. */
export interface KeySet {
  /** The key that signs; `null` where none does. */
  readonly current: SigningKey | null;
  readonly keys: readonly VerifyingKey[];
}

/** Where a profile has its keys from. */
export interface KeySource {
  /**
   * Gives the keys as they are known now, without waiting; `null` where they have to be waited for.
   *
   * @param now - the clock of the profile
   * @param time - what that clock says, where it was read just now
   */
  read(now: () => number, time?: number): KeySet | null;
  /** What can be done where the keys are elsewhere; `null` where they are all at hand. */
  readonly remote: RemoteSource | null;
}

/** How keys are had that are kept elsewhere. */
interface RemoteSource {
  /**
   * Waits until there are keys.
   *
   * @throws AuthError `unavailable` (503) where there are none to be had
   */
  wait(): Promise<unknown>;
  /**
   * Asks for keys until one is found, for a token whose key is not at hand. Where they were asked for a moment ago,
   * that answer counts.
   *
   * @param alg - the algorithm of the token, which may be anything
   * @param refuse - makes the refusal of a token whose key is not among them
   * @param attempt - uses the keys that there are; `null` where none of them is the right one
   * @throws AuthError that refusal, or `unavailable` (503) where nobody can be asked
   */
  find<Found>(alg: unknown, refuse: () => Error, attempt: () => Found | PromiseLike<Found> | null): Promise<Found>;
}

/** Keys that may change while they are used: {@link remoteKeys} and {@link rotatingKeys} make them. */
export interface LiveKeys {
  /** @internal */
  readonly [SOURCE]: KeySource;
}

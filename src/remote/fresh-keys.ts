import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import { type KeySource, type LiveKeys, SOURCE } from "../core/keys/source.ts";
import { createTokenMismatch } from "../core/token/compact.ts";
import type { FreshStats, FreshValue } from "./fresh-value.ts";

/** The state of keys that are loaded from elsewhere. */
export interface LiveKeysStats extends FreshStats {
  /** The names of the keys as they were last loaded, without those that have retired. Empty before the first load. */
  readonly kids: readonly (string | null)[];
}

/** Keys that are loaded from elsewhere, and reloaded. */
export interface LoadedKeys extends LiveKeys {
  /**
   * Loads the keys at the start of a service. Without this call, they are loaded when they are first needed.
   *
   * @throws AuthError `unavailable` (503) where they can't be loaded
   */
  ready(): Promise<void>;
  /**
   * Reloads the keys at once, as after a notice that they changed.
   *
   * @throws AuthError `unavailable` (503) where they can't be loaded; the last keys stay in use
   */
  reload(): Promise<void>;
  /** Gives the state of the keys, for a monitor. */
  stats(): LiveKeysStats;
}

/** Creates keys from a ring that is kept fresh. */
export function createLoadedKeys(
  fresh: FreshValue<KeyRing>,
  accepts: (alg: unknown) => boolean,
  now: () => number,
): LoadedKeys {
  const source: KeySource = {
    read: (now, time) => fresh.read(now, time)?.[SOURCE].read(now, time) ?? null,
    remote: {
      wait: () => fresh.wait(),
      async find(alg, refuse, attempt) {
        // No set can have a key for it, so none is fetched. Before the first one, there are no algorithms to name.
        if (!accepts(alg))
          throw fresh.peek() === null ? createTokenMismatch("alg", alg, "one that is accepted here") : refuse();
        await fresh.wait();
        const found = attempt();
        if (found !== null) return found;
        await fresh.renew();
        return attempt() ?? Promise.reject(refuse());
      },
    },
  };
  const listKids = (): readonly (string | null)[] =>
    fresh
      .peek()
      ?.[SOURCE].read(now)
      ?.keys.map(({ kid }: VerifyingKey) => kid) ?? [];
  const keys = {
    ready: async () => void (await fresh.wait()),
    reload: () => fresh.reload(),
    stats: () => ({ ...fresh.stats(), kids: listKids() }),
  };
  return Object.freeze(Object.defineProperty(keys, SOURCE, { value: source })) as LoadedKeys;
}

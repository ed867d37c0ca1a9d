import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import { type KeySource, type LiveKeys, SOURCE } from "../core/keys/source.ts";
import type { FreshStats, FreshValue } from "./fresh-value.ts";

/** How keys are that are kept elsewhere. */
export interface LiveKeysStats extends FreshStats {
  /** The names of the keys as they were last loaded, without those that have retired. Empty before the first time. */
  readonly kids: readonly (string | null)[];
}

/** Keys that are loaded from elsewhere, and loaded again. */
export interface LoadedKeys extends LiveKeys {
  /**
   * Loads the keys, for the start of a service. They are loaded when they are first needed, too.
   *
   * @throws AuthError `unavailable` (503) where they can't be had
   */
  ready(): Promise<void>;
  /**
   * Loads the keys anew at once, as after a notice that they changed.
   *
   * @throws AuthError `unavailable` (503) where they can't be had; the last ones go on
   */
  reload(): Promise<void>;
  /** Tells how the keys are, for a monitor. */
  stats(): LiveKeysStats;
}

/** Makes keys of a ring that is kept fresh. */
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
        if (!accepts(alg)) throw refuse(); // No set has a key for it, so none is asked for.
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

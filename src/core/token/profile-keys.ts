import { KEY, type VerifyingKey } from "../keys/key.ts";
import { includesKey } from "../keys/same.ts";
import type { KeySet, KeySource } from "../keys/source.ts";
import { VerifiedTokens } from "./cache.ts";
import { HeaderReader } from "./header.ts";

/** What a profile has learnt with one set of keys. */
export interface KeyState {
  readonly set: KeySet;
  readonly headers: HeaderReader;
  /** The tokens that these keys verified; `null` where none are remembered. */
  readonly cache: VerifiedTokens | null;
}

/** How a profile reads headers and remembers tokens. */
interface Memory {
  /** Each `typ` that is accepted; `null` where it is not checked. */
  readonly types: readonly string[] | null;
  /** How many verified tokens to remember. */
  readonly cacheSize: number;
  readonly now: () => number;
}

/**
 * The keys of a profile. When they change, remembered headers are forgotten before the next token is checked, and so
 * are verified tokens, unless the current keys still verify all of them.
 */
export class ProfileKeys {
  readonly #source: KeySource;
  readonly #memory: Memory;
  #state: KeyState | null = null;

  constructor(source: KeySource, memory: Memory) {
    this.#source = source;
    this.#memory = memory;
  }

  /** How to get remote keys; `null` where all keys are local. */
  get remote(): KeySource["remote"] {
    return this.#source.remote;
  }

  /**
   * Gives the state of the current keys; `null` where they have to be waited for.
   *
   * @param time - the time of the profile's clock, if the caller has just read it
   */
  current(time?: number): KeyState | null {
    const set = this.#source.read(this.#memory.now, time);
    if (set === null) return null;
    return set === this.#state?.set ? this.#state : this.#adopt(set);
  }

  #adopt(set: KeySet): KeyState {
    const { types, cacheSize } = this.#memory;
    const known = this.#state !== null && areStillValid(this.#state.set.keys, set.keys) ? this.#state.cache : null;
    const cache = known ?? (cacheSize === 0 ? null : new VerifiedTokens(cacheSize));
    this.#state = { set, headers: new HeaderReader(set.keys, types), cache };
    return this.#state;
  }
}

/**
 * Tells whether later keys verify every token that earlier keys verified: all the earlier keys are still there, and no
 * added key has a name that takes tokens from a key without a name (`selectKeys`).
 */
function areStillValid(before: readonly VerifyingKey[], after: readonly VerifyingKey[]): boolean {
  const isNamed = (key: VerifyingKey): boolean => key[KEY].kidGiven;
  const noneTakes = before.every(isNamed) || !after.some((key) => isNamed(key) && !includesKey(before, key));
  return noneTakes && before.every((key) => includesKey(after, key));
}

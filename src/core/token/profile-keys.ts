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
 * The keys of a profile. When they change, what was learnt with a key that has gone is forgotten before the next token
 * is looked at.
 */
export class ProfileKeys {
  readonly #source: KeySource;
  readonly #memory: Memory;
  #state: KeyState | null = null;

  constructor(source: KeySource, memory: Memory) {
    this.#source = source;
    this.#memory = memory;
  }

  /** How keys are had that are kept elsewhere; `null` where all are at hand. */
  get remote(): KeySource["remote"] {
    return this.#source.remote;
  }

  /**
   * Gives what is known with the keys of now; `null` where they have to be waited for.
   *
   * @param time - what the profile's clock says, where it was read just now
   */
  current(time?: number): KeyState | null {
    const set = this.#source.read(this.#memory.now, time);
    if (set === null) return null;
    return set === this.#state?.set ? this.#state : this.#adopt(set);
  }

  #adopt(set: KeySet): KeyState {
    const { types, cacheSize } = this.#memory;
    const known = this.#state !== null && areAllGood(this.#state.set.keys, set.keys) ? this.#state.cache : null;
    const cache = known ?? (cacheSize === 0 ? null : new VerifiedTokens(cacheSize));
    this.#state = { set, headers: new HeaderReader(set.keys, types), cache };
    return this.#state;
  }
}

/**
 * Tells whether all tokens that keys verified are good by other keys, too: all of them are still there, and none has
 * come with a name that takes tokens from a key without a name (`selectKeys`).
 */
function areAllGood(before: readonly VerifyingKey[], after: readonly VerifyingKey[]): boolean {
  const isNamed = (key: VerifyingKey): boolean => key[KEY].kidGiven;
  const noneTakes = before.every(isNamed) || !after.some((key) => isNamed(key) && !includesKey(before, key));
  return noneTakes && before.every((key) => includesKey(after, key));
}

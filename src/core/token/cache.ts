import { flat } from "../flat.ts";
import type { CheckedClaims } from "./claims.ts";

const BYTES_A_TOKEN = 1_024;
const SIGHTINGS = 8_192;

interface Verified {
  readonly token: string;
  readonly claims: CheckedClaims;
}

/**
 * Remembers that tokens were verified, and their claims. Times and revocations are for the caller to check again, at
 * every use.
 *
 * A token is kept when it comes for the second time, so that one that comes once costs next to nothing and drives out
 * nobody. Tokens are in two generations: when the younger is full, it becomes the older one, which goes, but for what
 * was used meanwhile. So what is in use stays, and nothing is ever searched for what to forget.
 */
export class VerifiedTokens {
  readonly #half: number;
  readonly #sightings = new Int32Array(SIGHTINGS);
  #younger = new Map<string, Verified>();
  #older = new Map<string, Verified>();
  #bytes = 0;

  /** @param size - how many tokens at most; fewer where they have over a kilobyte each */
  constructor(size: number) {
    this.#half = size / 2;
  }

  /** The claims of a token that is, to the letter, one that was verified. */
  get(token: string): CheckedClaims | undefined {
    const key = keyOf(token);
    const found = this.#younger.get(key) ?? this.#renewed(key);
    return found?.token === token ? found.claims : undefined;
  }

  /** Tells of a token that was verified in every respect. */
  add(token: string, claims: CheckedClaims): void {
    if (this.#wasSeen(markOf(token))) this.#put(keyOf(token), { token: flat(token), claims });
  }

  /** Two marks to a place, the later one first. */
  #wasSeen(mark: number): boolean {
    const at = (mark << 1) & (SIGHTINGS - 1);
    if (this.#sightings[at] === mark || this.#sightings[at + 1] === mark) return true;
    this.#sightings[at + 1] = this.#sightings[at] as number;
    this.#sightings[at] = mark;
    return false;
  }

  #renewed(key: string): Verified | undefined {
    const found = this.#older.get(key);
    if (found !== undefined) this.#put(key, found);
    return found;
  }

  #put(key: string, verified: Verified): void {
    this.#bytes += verified.token.length;
    if (this.#younger.size >= this.#half || this.#bytes > this.#half * BYTES_A_TOKEN) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#bytes = verified.token.length;
    }
    this.#younger.set(key, verified);
  }
}

/** The end of the signature. A Map hashes what it is asked for, and a slice of up to 12 characters faster than any longer one. */
function keyOf(token: string): string {
  return token.slice(-12);
}

/** A few characters of the signature in one number. Where two tokens have the same, one is kept too early, no more. */
function markOf(token: string): number {
  let mark = 0;
  for (let at = token.length - 10; at < token.length - 4; at += 1) mark = Math.imul(mark, 67) + token.charCodeAt(at);
  return mark | 1;
}

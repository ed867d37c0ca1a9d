import { MAX_CACHED_TOKEN_BYTES } from "../../shared/limits.ts";
import { flat } from "../flat.ts";
import type { CheckedClaims } from "./claims.ts";

const MARKS = 8_192;

interface Verified {
  readonly token: string;
  readonly claims: CheckedClaims;
}

/** Tokens that were kept at about the same time. */
class Generation {
  readonly #tokens = new Map<string, Verified>();
  /** Which marks its tokens have: a token that is new, as most are that are not here, is not looked for any further. */
  readonly #marks = new Uint8Array(MARKS);
  #bytes = 0;

  get(token: string, mark: number): Verified | undefined {
    return this.#marks[placeOf(mark)] === 0 ? undefined : this.#tokens.get(keyOf(token));
  }

  /** Whether there is room for one more among so many, of a kilobyte each. */
  hasRoomFor({ token }: Verified, size: number): boolean {
    return this.#tokens.size < size && this.#bytes + token.length <= size * MAX_CACHED_TOKEN_BYTES;
  }

  put(verified: Verified, mark: number): void {
    this.#tokens.set(keyOf(verified.token), verified);
    this.#marks[placeOf(mark)] = 1;
    this.#bytes += verified.token.length;
  }
}

/**
 * Remembers that tokens were verified, and their claims. Times and revocations are for the caller to check again, at
 * every use.
 *
 * A token is kept when it comes for the second time, so that one that comes once costs next to nothing and drives out
 * nobody. When the younger generation is full, it becomes the older one, which goes, but for what was used meanwhile: so
 * what is in use stays, and nothing is ever searched for what to forget.
 */
export class VerifiedTokens {
  readonly #half: number;
  /** Marks of tokens that came, two to a place, the later one first. */
  readonly #sightings = new Int32Array(MARKS);
  #younger = new Generation();
  #older = new Generation();

  /** @param size - how many tokens at most; fewer where they have over a kilobyte each */
  constructor(size: number) {
    this.#half = size / 2;
  }

  /** The claims of a token that is, to the letter, one that was verified. */
  get(token: string): CheckedClaims | undefined {
    const mark = markOf(token);
    const found = this.#younger.get(token, mark) ?? this.#renewed(token, mark);
    return found?.token === token ? found.claims : undefined;
  }

  /** Tells of a token that was verified in every respect. */
  add(token: string, claims: CheckedClaims): void {
    const mark = markOf(token);
    if (this.#wasSeen(mark)) this.#keep({ token: flat(token), claims }, mark);
  }

  #renewed(token: string, mark: number): Verified | undefined {
    const found = this.#older.get(token, mark);
    if (found !== undefined) this.#keep(found, mark);
    return found;
  }

  #keep(verified: Verified, mark: number): void {
    if (!this.#younger.hasRoomFor(verified, this.#half)) {
      this.#older = this.#younger;
      this.#younger = new Generation();
    }
    this.#younger.put(verified, mark);
  }

  #wasSeen(mark: number): boolean {
    const at = placeOf(mark) & ~1;
    if (this.#sightings[at] === mark || this.#sightings[at + 1] === mark) return true;
    this.#sightings[at + 1] = this.#sightings[at] as number;
    this.#sightings[at] = mark;
    return false;
  }
}

/** The end of the signature. A Map hashes what it is asked for, and a slice of up to 12 characters faster than a longer one. */
function keyOf(token: string): string {
  return token.slice(-12);
}

/** A few characters of the signature in one number. Where two tokens have the same, one is kept too early, no more. */
function markOf(token: string): number {
  let mark = 0;
  for (let at = token.length - 10; at < token.length - 4; at += 1) {
    mark = (Math.imul(mark, 67) + token.charCodeAt(at)) | 0;
  }
  return mark | 1; // and never 0, which is no mark
}

function placeOf(mark: number): number {
  return (mark >>> 1) & (MARKS - 1);
}

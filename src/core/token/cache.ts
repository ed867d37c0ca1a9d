import { MAX_CACHED_TOKEN_BYTES } from "../../shared/limits.ts";
import { copyAscii } from "../base64url.ts";
import type { CheckedClaims } from "./claims.ts";

/** How many slots the tables of fingerprints have: a power of two. */
const SLOTS = 8_192;

interface CachedToken {
  readonly token: string;
  readonly claims: CheckedClaims;
}

/** Tokens that were added at about the same time. */
class Generation {
  /**
   * The tokens by the end of their signature. A Map hashes each key that it looks up, and 12 characters are hashed
   * faster than a whole token.
   */
  readonly #tokens = new Map<string, CachedToken>();
  /**
   * Marks the fingerprints of the tokens in this generation. Most tokens are in none, and this table shows that without
   * a lookup in the Map.
   */
  readonly #slots = new Uint8Array(SLOTS);
  #bytes = 0;

  get(token: string, fingerprint: number): CachedToken | undefined {
    return this.#slots[toSlot(fingerprint)] === 0 ? undefined : this.#tokens.get(cutSuffix(token));
  }

  /** Tells whether a token fits into a generation of `size` tokens, whose average length is bounded too. */
  hasRoomFor({ token }: CachedToken, size: number): boolean {
    return this.#tokens.size < size && this.#bytes + token.length <= size * MAX_CACHED_TOKEN_BYTES;
  }

  put(verified: CachedToken, fingerprint: number): void {
    this.#tokens.set(cutSuffix(verified.token), verified);
    this.#slots[toSlot(fingerprint)] = 1;
    this.#bytes += verified.token.length;
  }
}

/**
 * Remembers which tokens were verified, and their claims. The caller checks times and revocations again at every use.
 *
 * It approximates an LRU cache with two generations. When the young generation is full, it becomes the old one, and the
 * tokens of the old one are forgotten. A token that is found in the old generation moves to the young one. So tokens in
 * use stay, and eviction needs no search.
 *
 * A token is kept only when it comes for the second time (a doorkeeper, as in TinyLFU). So a token that comes once
 * costs little and evicts none.
 */
export class VerifiedTokens {
  readonly #generationSize: number;
  /** The doorkeeper: fingerprints of tokens that came once, in pairs of slots with the later one first. */
  readonly #seen = new Int32Array(SLOTS);
  #young = new Generation();
  #old = new Generation();

  /** @param size - how many tokens it holds at most; fewer where they are longer than a kilobyte */
  constructor(size: number) {
    this.#generationSize = size / 2;
  }

  /** Gives the claims of a token that was verified. The whole token is compared. */
  get(token: string): CheckedClaims | undefined {
    const fingerprint = computeFingerprint(token);
    const found = this.#young.get(token, fingerprint) ?? this.#promote(token, fingerprint);
    return found?.token === token ? found.claims : undefined;
  }

  /** Adds a token that passed every check. */
  add(token: string, claims: CheckedClaims): void {
    const fingerprint = computeFingerprint(token);
    if (this.#wasSeen(fingerprint)) this.#keep({ token: copyAscii(token), claims }, fingerprint);
  }

  /** Moves a token from the old generation to the young one. */
  #promote(token: string, fingerprint: number): CachedToken | undefined {
    const found = this.#old.get(token, fingerprint);
    if (found !== undefined) this.#keep(found, fingerprint);
    return found;
  }

  #keep(verified: CachedToken, fingerprint: number): void {
    if (!this.#young.hasRoomFor(verified, this.#generationSize)) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.put(verified, fingerprint);
  }

  /** Tells whether a fingerprint was seen before. If not, it replaces the earlier one of its pair. */
  #wasSeen(fingerprint: number): boolean {
    const at = toSlot(fingerprint) & ~1;
    if (this.#seen[at] === fingerprint || this.#seen[at + 1] === fingerprint) return true;
    this.#seen[at + 1] = this.#seen[at] as number;
    this.#seen[at] = fingerprint;
    return false;
  }
}

function cutSuffix(token: string): string {
  return token.slice(-12);
}

/**
 * Hashes a few characters of the signature. Whole tokens are compared too, so a collision does no harm: at worst, a
 * token is kept when it comes for the first time.
 */
function computeFingerprint(token: string): number {
  let fingerprint = 0;
  for (let at = token.length - 10; at < token.length - 4; at += 1) {
    fingerprint = (Math.imul(fingerprint, 67) + token.charCodeAt(at)) | 0;
  }
  return fingerprint | 1; // An empty slot is 0.
}

function toSlot(fingerprint: number): number {
  return (fingerprint >>> 1) & (SLOTS - 1);
}

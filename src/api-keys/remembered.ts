import { MAX_REMEMBERED_KEYS } from "../shared/limits.ts";
import type { StoredApiKey } from "../stores/contract.ts";

/** What was read, or is being read, and the instant before. */
interface AsOf<What> {
  readonly what: What;
  readonly readAt: number;
}

/**
 * Up to here, the order of use is not kept: to keep it takes as long as to find a key. Before a key is forgotten for
 * want of room, this many others have come, and whatever was used meanwhile stands behind it.
 */
const ROOMY = MAX_REMEMBERED_KEYS / 2;

/**
 * Remembers keys that were found, by their digests, for as long as the staleness says. It is an LRU cache. It also
 * makes one lookup of several that would be of one key at the same time (single flight).
 *
 * A key that is not found is never remembered: another process may create it a moment later.
 */
export class RememberedKeys {
  readonly #staleness: number;
  /** The least recently used first. */
  readonly #found = new Map<string, AsOf<StoredApiKey>>();
  #lookups = new Map<string, AsOf<Promise<StoredApiKey>>>();

  /** @param staleness - in milliseconds; with 0 nothing is remembered */
  constructor(staleness: number) {
    this.#staleness = staleness;
  }

  /** Gives a key that was read within the staleness. */
  recall(digest: string, now: number): StoredApiKey | undefined {
    const found = this.#found.get(digest);
    if (found === undefined) return undefined;
    if (!this.#isFresh(found, now)) {
      this.#found.delete(digest);
      return undefined;
    }
    if (this.#found.size > ROOMY) {
      this.#found.delete(digest);
      this.#found.set(digest, found);
    }
    return found.what;
  }

  /**
   * Looks a key up, or waits for a lookup that began within the staleness. The key is remembered as of the lookup's
   * beginning.
   */
  async lookUp(digest: string, now: number, find: () => Promise<StoredApiKey>): Promise<StoredApiKey> {
    const lookups = this.#lookups;
    const underWay = lookups.get(digest);
    if (underWay !== undefined && this.#isFresh(underWay, now)) return underWay.what;
    const lookup = { what: find(), readAt: now };
    lookups.set(digest, lookup);
    try {
      const record = await lookup.what;
      // What was read before a revocation is not remembered after it.
      if (this.#lookups === lookups && this.#staleness > 0) this.#remember(digest, { what: record, readAt: now });
      return record;
    } finally {
      if (lookups.get(digest) === lookup) lookups.delete(digest);
    }
  }

  /** Forgets a user's keys, or one of them. Lookups that are under way end for those who wait, and for nobody else. */
  forget(userId: string, id?: string): void {
    this.#lookups = new Map();
    for (const [digest, { what: record }] of this.#found) {
      if (record.userId === userId && (id === undefined || record.id === id)) this.#found.delete(digest);
    }
  }

  /** What was read in the future, by a clock that was set back since, is not fresh either. */
  #isFresh({ readAt }: AsOf<unknown>, now: number): boolean {
    return readAt <= now && now - readAt < this.#staleness;
  }

  /** Of two lookups the one that began later counts, whichever is answered last. */
  #remember(digest: string, found: AsOf<StoredApiKey>): void {
    if ((this.#found.get(digest)?.readAt ?? 0) > found.readAt) return;
    this.#found.set(digest, found);
    if (this.#found.size <= MAX_REMEMBERED_KEYS) return;
    const [oldest] = this.#found.keys();
    this.#found.delete(oldest as string);
  }
}

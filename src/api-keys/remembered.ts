import { MAX_REMEMBERED_KEYS } from "../shared/limits.ts";
import type { StoredApiKey } from "../stores/contract.ts";

/** What was read, or is being read, and the instant before the read. */
interface DatedRead<What> {
  readonly what: What;
  readonly readAt: number;
}

/**
 * Up to this size, the order of use is not updated, since that takes as long as a lookup. Before a key can be evicted,
 * as many others must be added, and every use meanwhile updates the order.
 */
const MIN_ORDERED_SIZE = MAX_REMEMBERED_KEYS / 2;

/**
 * Caches keys that were found, by their digests, for the staleness. It is an LRU cache. Concurrent lookups of one key
 * share one call (single flight).
 *
 * A key that is not found is never cached: another process may create it a moment later.
 */
export class RememberedKeys {
  readonly #staleness: number;
  /** The least recently used first. */
  readonly #found = new Map<string, DatedRead<StoredApiKey>>();
  #lookups = new Map<string, DatedRead<Promise<StoredApiKey>>>();

  /** @param staleness - in milliseconds; with 0 nothing is cached */
  constructor(staleness: number) {
    this.#staleness = staleness;
  }

  /** Finds a key that was read within the staleness. */
  recall(digest: string, now: number): StoredApiKey | undefined {
    const found = this.#found.get(digest);
    if (found === undefined) return undefined;
    if (!this.#isFresh(found, now)) {
      this.#found.delete(digest);
      return undefined;
    }
    if (this.#found.size > MIN_ORDERED_SIZE) {
      this.#found.delete(digest);
      this.#found.set(digest, found);
    }
    return found.what;
  }

  /**
   * Looks a key up, or joins a lookup that began within the staleness. The age of the cached key counts from the
   * beginning of the lookup.
   */
  async lookUp(digest: string, now: number, find: () => Promise<StoredApiKey>): Promise<StoredApiKey> {
    const lookups = this.#lookups;
    const underWay = lookups.get(digest);
    if (underWay !== undefined && this.#isFresh(underWay, now)) return underWay.what;
    const lookup = { what: find(), readAt: now };
    lookups.set(digest, lookup);
    try {
      const record = await lookup.what;
      // A key that was read before a revocation must not be cached after it.
      if (this.#lookups === lookups && this.#staleness > 0) this.#remember(digest, { what: record, readAt: now });
      return record;
    } finally {
      if (lookups.get(digest) === lookup) lookups.delete(digest);
    }
  }

  /**
   * Drops a user's keys, or one of them. Nobody joins a lookup that is under way any more, and its result is not
   * cached.
   */
  forget(userId: string, id?: string): void {
    this.#lookups = new Map();
    for (const [digest, { what: record }] of this.#found) {
      if (record.userId === userId && (id === undefined || record.id === id)) this.#found.delete(digest);
    }
  }

  /** Tells whether a read is fresh. If the clock was set back since, it was in the future, and is not fresh. */
  #isFresh({ readAt }: DatedRead<unknown>, now: number): boolean {
    return readAt <= now && now - readAt < this.#staleness;
  }

  /** Caches a key. Of two lookups, the one that began later wins, whichever ends last. */
  #remember(digest: string, found: DatedRead<StoredApiKey>): void {
    if ((this.#found.get(digest)?.readAt ?? 0) > found.readAt) return;
    this.#found.set(digest, found);
    if (this.#found.size <= MAX_REMEMBERED_KEYS) return;
    const [oldest] = this.#found.keys();
    this.#found.delete(oldest as string);
  }
}

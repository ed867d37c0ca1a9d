/**
 * A blocklist that every node has in memory and that a shared store feeds, so that a request asks nobody.
 *
 * @module
 */
import { stopwatch, systemClock } from "../shared/clock.ts";
import { ignore, tell } from "../shared/listener.ts";
import { sleep, withTimeout } from "../shared/promise.ts";
import type { Blocklist, Revocation, RevocationFeed } from "./contract.ts";
// Not a store of its own, but a copy of one: what it keeps it in is the store in memory.
import { type MemoryBlocklist, memoryBlocklist } from "./memory/blocklist.ts";
import { checkClient } from "./shared/text.ts";

/** What a replicated blocklist is made of. */
export interface ReplicatedBlocklistOptions {
  /** The shared blocklist: it is written to, and asked while the copy is not fresh. */
  readonly store: Blocklist;
  /** What the shared blocklist stores, from every node. */
  readonly feed: RevocationFeed;
  /** How old the copy may be, in milliseconds, before the store is asked instead. 2000 by default. */
  readonly maxStalenessMs?: number;
  /** The clock by which entries are kept: milliseconds since 1970, like `Date.now`, which is the default. */
  readonly now?: () => number;
  /** Told when reading the feed failed; it is tried again. Nobody by default. */
  readonly onFeedError?: (error: unknown) => void;
}

/** A blocklist that answers from this process's memory. */
export interface ReplicatedBlocklist extends Blocklist {
  /**
   * Begins to follow the feed. Resolves once everything is loaded; until then, the store is asked.
   *
   * @throws Error when it follows already
   */
  start(): Promise<void>;
  /** Stops following: from then on, the store is asked. */
  stop(): void;
}

const PAUSES = { first: 50, last: 1_000 } as const;

/**
 * Keeps a copy of a shared blocklist. A request is answered from memory as long as the feed has said, no longer than
 * `maxStalenessMs` ago, that there is nothing more; after that the store is asked, and when that fails too it is an outage.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const store = redisBlocklist({ send, feedRetentionMs: 86_400_000 });
 * const blocklist = replicatedBlocklist({ store, feed: redisRevocationFeed({ send: sendOnItsOwn }) });
 * await blocklist.start();
 * ```
 */
export function replicatedBlocklist(options: ReplicatedBlocklistOptions): ReplicatedBlocklist {
  const { store, feed, maxStalenessMs = 2_000, now = systemClock, onFeedError = ignore } = options ?? {};
  const methods = ["revokeToken", "revokeSession", "revokeUser", "isRevoked"] as const;
  checkClient("replicatedBlocklist", store, methods, "store must be a blocklist");
  checkClient("replicatedBlocklist", feed, ["read"], "feed must be the feed of that blocklist");
  if (!Number.isInteger(maxStalenessMs) || maxStalenessMs < 20) {
    throw new TypeError("replicatedBlocklist: maxStalenessMs must be a whole number of milliseconds, 20 at the least");
  }
  const copy = memoryBlocklist({ now });
  const waitMs = Math.floor(maxStalenessMs / 4);
  let cursor: string | null = null;
  let freshAsOf = Number.NEGATIVE_INFINITY;
  let following: symbol | null = null;

  /** Counted from when it was asked: an answer says nothing of what came after it was sent. */
  const pull = async (self: symbol): Promise<void> => {
    const asked = stopwatch();
    const page = await withTimeout("the feed", waitMs + maxStalenessMs, feed.read(cursor, waitMs));
    if (following !== self) return;
    for (const revocation of page.revocations) apply(copy, revocation);
    cursor = page.cursor;
    freshAsOf = asked;
  };
  const follow = async (self: symbol, loaded: () => void): Promise<void> => {
    let pause: number = PAUSES.first;
    while (following === self) {
      try {
        await pull(self);
        loaded();
        pause = PAUSES.first;
        await sleep(1, { unref: true }); // lets requests have their turn, and what comes at once be read at once
      } catch (error) {
        tell(onFeedError, error);
        await sleep(pause, { unref: true });
        pause = Math.min(pause * 2, PAUSES.last);
      }
    }
  };

  return {
    async revokeToken(jti, expiresAt, userId) {
      await store.revokeToken(jti, expiresAt, userId);
      copy.revokeToken(jti, expiresAt);
    },
    async revokeSession(sid, expiresAt, userId) {
      await store.revokeSession(sid, expiresAt, userId);
      copy.revokeSession(sid, expiresAt);
    },
    async revokeUser(userId, issuedUpTo, expiresAt) {
      await store.revokeUser(userId, issuedUpTo, expiresAt);
      copy.revokeUser(userId, issuedUpTo, expiresAt);
    },
    isRevoked(token) {
      if (copy.isRevoked(token)) return true;
      return stopwatch() - freshAsOf <= maxStalenessMs ? false : store.isRevoked(token);
    },
    start() {
      if (following !== null) return Promise.reject(new Error("replicatedBlocklist: it follows its feed already"));
      const self = Symbol("following");
      following = self;
      return new Promise((resolve) => {
        void follow(self, resolve);
      });
    },
    stop() {
      following = null;
      freshAsOf = Number.NEGATIVE_INFINITY;
    },
  };
}

function apply(copy: MemoryBlocklist, revocation: Revocation): void {
  const { id, expiresAt } = revocation;
  if (revocation.kind === "user") copy.revokeUser(id, revocation.issuedUpTo, expiresAt);
  else if (revocation.kind === "session") copy.revokeSession(id, expiresAt);
  else copy.revokeToken(id, expiresAt);
}

/**
 * A blocklist that every node has in memory and that a shared store feeds, so that a request asks nobody.
 *
 * @module
 */
import { stopwatch, systemClock } from "../shared/clock.ts";
import { warningOnce } from "../shared/listener.ts";
import { checkFunction, checkInteger, checkOptions, type OptionNames } from "../shared/options.ts";
import type { Blocklist, RevocationFeed } from "./contract.ts";
// Not a store of its own, but a copy of one: what it keeps it in is the store in memory.
import { memoryBlocklist } from "./memory/blocklist.ts";
import { followerOf } from "./replicated/follower.ts";
import { checkClient } from "./shared/text.ts";

/** What a replicated blocklist is made of. */
export interface ReplicatedBlocklistOptions {
  /**
   * The shared blocklist, which has a `revocationFeed`: that is followed. It is written to, and asked while the copy is not
   * fresh.
   */
  readonly store: Blocklist;
  /** How old the copy may be, in milliseconds, before the store is asked instead. 2000 by default. */
  readonly maxStalenessMs?: number;
  /** The clock by which entries are kept: milliseconds since 1970, like `Date.now`, which is the default. */
  readonly now?: () => number;
  /** Told when reading the feed failed; it is tried again. By default the process warns, once. It may be async. */
  readonly onFeedError?: (error: unknown) => unknown;
}

/** A copy that may be older than this is not one. */
const LONGEST_MS = 86_400_000;

const OPTIONS: OptionNames<ReplicatedBlocklistOptions> = {
  store: "required",
  maxStalenessMs: "optional",
  now: "optional",
  onFeedError: "optional",
};

/** A blocklist that answers from this process's memory. */
export interface ReplicatedBlocklist extends Blocklist {
  /**
   * Begins to follow the feed. Resolves once everything is loaded; until then, the store is asked.
   *
   * @throws Error when it follows already, or is stopped before it has loaded; and when nothing more could be loaded for five
   *   seconds, with the reason as its `cause`, though it goes on trying then
   */
  start(): Promise<void>;
  /** Stops following: from then on, the store is asked. */
  stop(): void;
}

/**
 * Keeps a copy of a shared blocklist. A request is answered from memory as long as the feed has said, no longer than
 * `maxStalenessMs` ago, that there is nothing more; after that the store is asked, and when that fails too it is an outage.
 *
 * @throws TypeError when an option is none of its kind, and when the store publishes nothing that could be followed
 *
 * @example
 * ```ts
 * const store = redisBlocklist({ send, feed: { send: sendOfItsOwn, retentionMs: 900_000 } });
 * const blocklist = replicatedBlocklist({ store });
 * await blocklist.start();
 * ```
 */
export function replicatedBlocklist(options: ReplicatedBlocklistOptions): ReplicatedBlocklist {
  checkOptions("replicatedBlocklist", options, OPTIONS);
  const { store, maxStalenessMs = 2_000, now = systemClock, onFeedError = warnOnce() } = options;
  const methods = ["revokeToken", "revokeSession", "revokeUser", "isRevoked"] as const;
  checkClient("replicatedBlocklist", store, methods, "store must be a blocklist");
  checkInteger("replicatedBlocklist: maxStalenessMs", maxStalenessMs, 20, LONGEST_MS);
  checkFunction("replicatedBlocklist: now", now, "such as Date.now");
  checkFunction("replicatedBlocklist: onFeedError", onFeedError, "(error) => log(error)");
  const feed = feedOf(store);
  const copy = memoryBlocklist({ now });
  const follower = followerOf(feed, copy, Math.floor(maxStalenessMs / 4), onFeedError);

  return {
    async revokeToken(jti, expiresAt, userId) {
      await store.revokeToken(jti, expiresAt, userId);
      copy.revokeToken(jti, expiresAt);
    },
    async revokeSession(sid, expiresAt, userId) {
      await store.revokeSession(sid, expiresAt, userId);
      copy.revokeSession(sid, expiresAt);
    },
    async revokeUser(userId, issuedUpTo, expiresAt, sids) {
      await store.revokeUser(userId, issuedUpTo, expiresAt, sids);
      copy.revokeUser(userId, issuedUpTo, expiresAt, sids);
    },
    isRevoked(token) {
      if (copy.isRevoked(token)) return true;
      return stopwatch() - follower.freshAsOf() <= maxStalenessMs ? false : store.isRevoked(token);
    },
    // The copy may lag behind a cut of another node, and a login must not.
    ...(typeof store.revokedUpTo === "function" && { revokedUpTo: store.revokedUpTo.bind(store) }),
    start: follower.start,
    stop: follower.stop,
  };
}

function feedOf(store: Blocklist): RevocationFeed {
  if (typeof store.revocationFeed === "function") return store.revocationFeed();
  throw new TypeError(
    "replicatedBlocklist: store publishes nothing that could be followed; give the redisBlocklist or postgresBlocklist its option feed (memory and SQLite have none)",
  );
}

function warnOnce(): () => void {
  const warn = warningOnce();
  return () =>
    warn(
      "replicatedBlocklist: its feed can't be read, so that requests ask the store; it goes on trying. Set onFeedError to be told why, and each time",
    );
}

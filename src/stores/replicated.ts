/**
 * A blocklist that each process copies into its memory from a shared store, so that requests don't wait for a store.
 *
 * @module
 */
import { DAY_MS, readStopwatch, systemClock } from "../shared/clock.ts";
import { createWarning } from "../shared/listener.ts";
import { checkFunction, checkInteger, checkOptions, type OptionNames } from "../shared/options.ts";
import type { Blocklist, RevocationFeed } from "./contract.ts";
import { createRevocations } from "./memory/revocations.ts";
import { createFollower } from "./replicated/follower.ts";
import { checkClient } from "./shared/client.ts";

/** The options of {@link replicatedBlocklist}. */
export interface ReplicatedBlocklistOptions {
  /**
   * The shared blocklist. Its `revocationFeed` is followed, revocations are written to it, and it is asked while the
   * copy is not fresh.
   */
  readonly store: Blocklist;
  /** The age in milliseconds from which on the copy is not fresh: 20 to 86,400,000. 2000 by default. */
  readonly maxStalenessMs?: number;
  /** The clock by which entries are kept: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
  /**
   * Called with the error when reading the feed failed. Reading is tried again in any case. May be async. By default
   * the process warns of the first failure.
   */
  readonly onFeedError?: (error: unknown) => unknown;
}

const MIN_STALENESS_MS = 20;
const MAX_STALENESS_MS = DAY_MS;

const OPTIONS: OptionNames<ReplicatedBlocklistOptions> = {
  store: "required",
  maxStalenessMs: "optional",
  now: "optional",
  onFeedError: "optional",
};

/** A blocklist that answers from this process's memory. */
export interface ReplicatedBlocklist extends Blocklist {
  /**
   * Starts to follow the feed. Resolves once everything is loaded. Until then the store is asked.
   *
   * @throws Error when it follows already, and when it is stopped before it has loaded. Also when nothing could be
   *   loaded for five seconds, with the reason as its `cause`; it goes on trying then.
   */
  start(): Promise<void>;
  /** Stops following. From then on the store is asked. */
  stop(): void;
}

/**
 * Keeps a copy of a shared blocklist in memory. The copy answers while it is fresh, which means that it was complete at
 * most `maxStalenessMs` ago. Otherwise the store is asked, and if that fails too, it is an outage. If the clock is set
 * back by more than ten minutes, the copy lacks what had expired by the clock: then it is not fresh until everything
 * has been read again.
 *
 * @throws TypeError when an option is unknown or of the wrong type, and when the store has no feed
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
  const { store, maxStalenessMs = 2_000, now = systemClock, onFeedError = createFeedWarning() } = options;
  const methods = ["revokeToken", "revokeSession", "revokeUser", "isRevoked"] as const;
  checkClient("replicatedBlocklist", store, methods, "store must be a blocklist");
  checkInteger("replicatedBlocklist: maxStalenessMs", maxStalenessMs, MIN_STALENESS_MS, MAX_STALENESS_MS);
  checkFunction("replicatedBlocklist: now", now, "such as Date.now");
  checkFunction("replicatedBlocklist: onFeedError", onFeedError, "(error) => log(error)");
  const feed = getFeed(store);
  const revocations = createRevocations(now, null); // what is lost is read again
  const { blocklist: copy } = revocations;
  const follower = createFollower(feed, revocations, Math.floor(maxStalenessMs / 4), onFeedError);
  const isFresh = (): boolean => readStopwatch() - follower.getFreshTime() <= maxStalenessMs && !revocations.hasLost();

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
      return isFresh() ? false : store.isRevoked(token);
    },
    // A login must see what other processes revoked, and the copy may lag behind.
    ...(typeof store.revokedUpTo === "function" && { revokedUpTo: store.revokedUpTo.bind(store) }),
    start: follower.start,
    stop: follower.stop,
  };
}

function getFeed(store: Blocklist): RevocationFeed {
  if (typeof store.revocationFeed === "function") return store.revocationFeed();
  throw new TypeError(
    "replicatedBlocklist: store publishes nothing that could be followed; " +
      "give the redisBlocklist or postgresBlocklist its option feed (memory and SQLite have none)",
  );
}

function createFeedWarning(): () => void {
  const warn = createWarning();
  return () =>
    warn(
      "replicatedBlocklist: its feed can't be read, so that requests ask the store; it goes on trying. " +
        "Set onFeedError to be told why, and each time",
    );
}

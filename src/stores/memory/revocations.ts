import { readTime } from "../../shared/date.ts";
import type { Blocklist, TokenReference } from "../contract.ts";
import { createHorizon } from "../shared/horizon.ts";
import { checkIsId } from "../shared/ids.ts";
import { ExpiringMap } from "./expiring-map.ts";
import { RevokedIds } from "./packed/revoked-ids.ts";

/** A blocklist in this process's memory. */
export interface MemoryBlocklist extends Blocklist {
  /** The number of entries. Further use removes those that expired at least ten minutes ago. */
  readonly size: number;
  /** Revokes one token. */
  revokeToken(jti: string, expiresAt: Date): void;
  /** Revokes every token of a session. */
  revokeSession(sid: string, expiresAt: Date): void;
  /** Revokes every token of a user that was issued at or before an instant, and every token of the given sessions. */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date, sids?: readonly string[]): void;
  /** Returns whether a token was revoked in any of the three ways. */
  isRevoked(token: TokenReference): boolean;
  /** Returns the instant up to which a user's tokens are revoked; `null` where no such revocation is stored. */
  revokedUpTo(userId: string): Date | null;
}

/** Revocations in memory. */
export interface Revocations {
  /** The blocklist that they make up. */
  readonly blocklist: MemoryBlocklist;
  /**
   * Returns whether revocations may have been removed that still count. They were removed as expired, and since then
   * the clock was set back.
   */
  hasLost(): boolean;
  /** Prepares for everything to be stored once more. What is lost from now on counts anew. */
  beginAgain(): void;
}

interface UserRevocation {
  readonly issuedUpTo: number;
  readonly expiresAt: number;
}

/** Questions read the clock once in this many uses: it only decides what may be removed, which is not urgent. */
const USES_PER_READING = 32;

/**
 * Creates an empty set of revocations.
 *
 * @param now - the clock
 * @param keepMs - for how long a revocation is kept at least that has already expired by the clock when it is stored;
 *   `null` where it can be had again
 */
export function createRevocations(now: () => number, keepMs: number | null): Revocations {
  const computeHorizon = createHorizon();
  let horizon = computeHorizon(now());
  /** The latest horizon: whatever was removed had expired by then. */
  let latest = horizon;
  let uses = 0;
  const readHorizon = (): number => horizon;
  const tokens = new RevokedIds(readHorizon);
  const sessions = new RevokedIds(readHorizon);
  const users = new ExpiringMap<UserRevocation>(({ expiresAt }) => expiresAt, readHorizon);

  const readClock = (): number => {
    const time = now();
    horizon = computeHorizon(time);
    latest = Math.max(latest, horizon);
    return time;
  };
  /** Sweeps all three maps at every use, so that entries are also removed from a map that nobody uses any more. */
  const sweep = (): void => {
    tokens.sweep();
    sessions.sweep();
    users.sweep();
  };
  const sweepNowAndThen = (): void => {
    uses = (uses + 1) % USES_PER_READING;
    if (uses === 0) readClock();
    sweep();
  };
  /** Returns until when a revocation is kept. */
  const computeEnd = (expiresAt: Date): number => {
    const end = demandTime(expiresAt);
    const time = readClock();
    return end > time || keepMs === null ? end : Math.max(end, horizon + keepMs);
  };
  const addIds = (revoked: RevokedIds, ids: readonly string[], end: number): void => {
    // V8 stores a small integer without allocating an object for it, so the end is rounded up to whole seconds.
    for (const id of ids) {
      checkIsId(id);
      revoked.add(id, Math.ceil(end / 1_000));
    }
  };

  const blocklist: MemoryBlocklist = {
    get size() {
      return tokens.size + sessions.size + users.size;
    },
    revokeToken(jti, expiresAt) {
      const end = computeEnd(expiresAt);
      sweep();
      addIds(tokens, [jti], end);
    },
    revokeSession(sid, expiresAt) {
      const end = computeEnd(expiresAt);
      sweep();
      addIds(sessions, [sid], end);
    },
    revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      checkIsId(userId);
      const [cut, end] = [demandTime(issuedUpTo), computeEnd(expiresAt)];
      sweep();
      const known = users.get(userId);
      users.set(userId, {
        issuedUpTo: keepLatest(known?.issuedUpTo, cut),
        expiresAt: keepLatest(known?.expiresAt, end),
      });
      addIds(sessions, sids, end);
    },
    isRevoked({ jti, sid, userId, issuedAt }) {
      sweepNowAndThen();
      if (jti !== null && tokens.has(jti)) return true;
      if (sid !== null && sessions.has(sid)) return true;
      const cut = users.get(userId);
      return cut !== undefined && !(issuedAt.getTime() > cut.issuedUpTo);
    },
    revokedUpTo(userId) {
      sweepNowAndThen();
      const cut = users.get(userId);
      return cut === undefined ? null : new Date(cut.issuedUpTo);
    },
  };
  return {
    blocklist,
    hasLost: () => now() < latest,
    beginAgain() {
      readClock();
      latest = horizon;
    },
  };
}

/** Returns the later instant: revoking again never shortens a revocation. */
function keepLatest(known: number | undefined, given: number): number {
  return Math.max(known ?? given, given);
}

function demandTime(date: Date): number {
  const time = readTime(date);
  if (Number.isNaN(time)) throw new TypeError("memoryBlocklist: a revocation needs valid Dates");
  return time;
}

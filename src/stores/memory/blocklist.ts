import { systemClock } from "../../shared/clock.ts";
import { timeOf } from "../../shared/date.ts";
import type { Blocklist, TokenReference } from "../contract.ts";
import { ExpiringMap } from "./expiring.ts";
import { RevokedIds } from "./revoked-ids.ts";

/** What a {@link memoryBlocklist} can be told. */
export interface MemoryBlocklistOptions {
  /** The clock: milliseconds since 1970, like `Date.now`, which is the default. */
  readonly now?: () => number;
}

/** A blocklist in this process's memory. */
export interface MemoryBlocklist extends Blocklist {
  /** How many entries it holds. Expired ones leave in the course of further use. */
  readonly size: number;
  /** Revokes one token. */
  revokeToken(jti: string, expiresAt: Date): void;
  /** Revokes every token of a session. */
  revokeSession(sid: string, expiresAt: Date): void;
  /** Revokes every token of a user that was issued at or before an instant, and every token of some sessions. */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date, sids?: readonly string[]): void;
  /** Up to when a user's tokens are revoked. */
  revokedUpTo(userId: string): Date | null;
  /** Whether a token was revoked in any of the three ways. */
  isRevoked(token: TokenReference): boolean;
}

interface UserCut {
  readonly issuedUpTo: number;
  readonly expiresAt: number;
}

/**
 * A blocklist in this process's memory: for one process, and for tests. It answers at once, and forgets all when the
 * process ends, so that a service of several processes, or one that restarts, needs a shared store.
 *
 * @example
 * ```ts
 * const blocklist = memoryBlocklist();
 * const guard = createGuard({ token: accessToken, blocklist });
 * ```
 */
export function memoryBlocklist(options: MemoryBlocklistOptions = {}): MemoryBlocklist {
  const { now = systemClock } = options;
  const tokens = new RevokedIds(now);
  const sessions = new RevokedIds(now);
  const users = new ExpiringMap<UserCut>(({ expiresAt }) => expiresAt, now);

  /** With every use, of whatever kind: what has expired leaves also where its own kind is used no more. */
  const sweep = (): void => {
    tokens.sweep();
    sessions.sweep();
    users.sweep();
  };

  return {
    get size() {
      return tokens.size + sessions.size + users.size;
    },
    revokeToken(jti, expiresAt) {
      sweep();
      tokens.add(jti, inSeconds(expiresAt));
    },
    revokeSession(sid, expiresAt) {
      sweep();
      sessions.add(sid, inSeconds(expiresAt));
    },
    revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      sweep();
      for (const sid of sids) sessions.add(sid, inSeconds(expiresAt));
      const cut = users.get(userId);
      users.set(userId, {
        issuedUpTo: later(cut?.issuedUpTo, instant(issuedUpTo)),
        expiresAt: later(cut?.expiresAt, instant(expiresAt)),
      });
    },
    revokedUpTo(userId) {
      const cut = users.get(userId);
      return cut === undefined ? null : new Date(cut.issuedUpTo);
    },
    isRevoked({ jti, sid, userId, issuedAt }) {
      sweep();
      if (jti !== null && tokens.has(jti)) return true;
      if (sid !== null && sessions.has(sid)) return true;
      const cut = users.get(userId);
      return cut !== undefined && !(issuedAt.getTime() > cut.issuedUpTo);
    },
  };
}

// Whole seconds are small integers, which take no object for each.
function inSeconds(expiresAt: Date): number {
  return Math.ceil(instant(expiresAt) / 1_000);
}

/** Revoking again never shortens what was revoked. */
function later(known: number | undefined, given: number): number {
  return Math.max(known ?? given, given);
}

function instant(date: Date): number {
  const time = timeOf(date);
  if (Number.isNaN(time)) throw new TypeError("memoryBlocklist: a revocation needs valid Dates");
  return time;
}

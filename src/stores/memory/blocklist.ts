import { systemClock } from "../../shared/clock.ts";
import { timeOf } from "../../shared/date.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { Blocklist, TokenReference } from "../contract.ts";
import { ExpiringMap } from "./expiring.ts";
import { forgettingClock } from "./forgetting-clock.ts";
import { RevokedIds } from "./revoked-ids.ts";

/** What a {@link memoryBlocklist} can be told. */
export interface MemoryBlocklistOptions {
  /** The clock: milliseconds since 1970, like `Date.now`, which is the default. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<MemoryBlocklistOptions> = { now: "optional" };

/** A blocklist in this process's memory. */
export interface MemoryBlocklist extends Blocklist {
  /** How many entries it holds. Those that ended ten minutes ago or earlier leave in the course of further use. */
  readonly size: number;
  /** Revokes one token. */
  revokeToken(jti: string, expiresAt: Date): void;
  /** Revokes every token of a session. */
  revokeSession(sid: string, expiresAt: Date): void;
  /** Revokes every token of a user that was issued at or before an instant, and every token of some sessions. */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date, sids?: readonly string[]): void;
  /** Whether a token was revoked in any of the three ways. */
  isRevoked(token: TokenReference): boolean;
  /** Up to when a user's tokens are revoked; `null` where no such cut is held. */
  revokedUpTo(userId: string): Date | null;
}

interface UserCut {
  readonly issuedUpTo: number;
  readonly expiresAt: number;
}

/** What is held answers, whatever the clock says; so the clock, which says what may go, is read only now and then. */
const USES_PER_READING = 32;

/**
 * A blocklist in this process's memory: for one process, and for tests. It answers at once, and forgets all when the
 * process ends, so that a service of several processes, or one that restarts, needs a shared store.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const blocklist = memoryBlocklist();
 * const guard = createGuard({ token: accessToken, blocklist });
 * ```
 */
export function memoryBlocklist(options: MemoryBlocklistOptions = {}): MemoryBlocklist {
  checkOptions("memoryBlocklist", options, OPTIONS);
  const { now = systemClock } = options;
  checkFunction("memoryBlocklist: now", now, "such as Date.now");
  const forgetting = forgettingClock();
  let readAt = forgetting(now());
  let uses = 0;
  const endedBy = (): number => readAt;
  const tokens = new RevokedIds(endedBy);
  const sessions = new RevokedIds(endedBy);
  const users = new ExpiringMap<UserCut>(({ expiresAt }) => expiresAt, endedBy);

  /** With every use, of whatever kind: what has expired leaves also where its own kind is used no more. */
  const sweep = (): void => {
    uses = (uses + 1) % USES_PER_READING;
    if (uses === 0) readAt = forgetting(now());
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
      const known = users.get(userId);
      const cut = {
        issuedUpTo: later(known?.issuedUpTo, instant(issuedUpTo)),
        expiresAt: later(known?.expiresAt, instant(expiresAt)),
      };
      users.set(userId, cut);
      for (const sid of sids) sessions.add(sid, inSeconds(expiresAt));
    },
    isRevoked({ jti, sid, userId, issuedAt }) {
      sweep();
      if (jti !== null && tokens.has(jti)) return true;
      if (sid !== null && sessions.has(sid)) return true;
      const cut = users.get(userId);
      return cut !== undefined && !(issuedAt.getTime() > cut.issuedUpTo);
    },
    revokedUpTo(userId) {
      sweep();
      const cut = users.get(userId);
      return cut === undefined ? null : new Date(cut.issuedUpTo);
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

import { systemClock } from "../../shared/clock.ts";
import { readTime } from "../../shared/date.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { Blocklist, TokenReference } from "../contract.ts";
import { ExpiringMap } from "./expiring-map.ts";
import { createHorizon } from "./horizon.ts";
import { RevokedIds } from "./packed/revoked-ids.ts";

/** The options of {@link memoryBlocklist}. */
export interface MemoryBlocklistOptions {
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<MemoryBlocklistOptions> = { now: "optional" };

/** A blocklist in this process's memory. */
export interface MemoryBlocklist extends Blocklist {
  /** The number of entries. Those that expired at least ten minutes ago are removed by further use. */
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

interface UserRevocation {
  readonly issuedUpTo: number;
  readonly expiresAt: number;
}

/** The clock only decides what may be removed, which is not urgent: so it is read once in this many uses. */
const USES_PER_READING = 32;

/**
 * A blocklist in this process's memory, for a single process and for tests. It answers synchronously. It is empty after
 * a restart, and no other process sees it: several processes need a shared store.
 *
 * @throws TypeError when an option is unknown or of the wrong type
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
  const computeHorizon = createHorizon();
  let horizon = computeHorizon(now());
  let uses = 0;
  const readHorizon = (): number => horizon;
  const tokens = new RevokedIds(readHorizon);
  const sessions = new RevokedIds(readHorizon);
  const users = new ExpiringMap<UserRevocation>(({ expiresAt }) => expiresAt, readHorizon);

  /** Sweeps all three maps at every use, so that entries are also removed from a map that nobody uses any more. */
  const sweep = (): void => {
    uses = (uses + 1) % USES_PER_READING;
    if (uses === 0) horizon = computeHorizon(now());
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
      tokens.add(jti, roundToSeconds(expiresAt));
    },
    revokeSession(sid, expiresAt) {
      sweep();
      sessions.add(sid, roundToSeconds(expiresAt));
    },
    revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      sweep();
      const known = users.get(userId);
      users.set(userId, {
        issuedUpTo: keepLatest(known?.issuedUpTo, toMilliseconds(issuedUpTo)),
        expiresAt: keepLatest(known?.expiresAt, toMilliseconds(expiresAt)),
      });
      for (const sid of sids) sessions.add(sid, roundToSeconds(expiresAt));
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

/** Rounds up to whole seconds: V8 stores a small integer without allocating an object for it. */
function roundToSeconds(expiresAt: Date): number {
  return Math.ceil(toMilliseconds(expiresAt) / 1_000);
}

/** Returns the later instant: revoking again never shortens a revocation. */
function keepLatest(known: number | undefined, given: number): number {
  return Math.max(known ?? given, given);
}

function toMilliseconds(date: Date): number {
  const time = readTime(date);
  if (Number.isNaN(time)) throw new TypeError("memoryBlocklist: a revocation needs valid Dates");
  return time;
}

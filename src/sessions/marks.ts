import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { readTime } from "../shared/date.ts";
import { sleep } from "../shared/promise.ts";
import { checkBoolean, checkCount, checkInstantOrNull } from "../store-calls/answer-checks.ts";
import type { FlowSettings } from "./settings.ts";

/** A user's log-outs everywhere up to now. They are read before anything is decided. */
export interface LogoutMarks {
  /** The instant up to which the user's tokens are revoked, in milliseconds since 1970; `null` where they are not. */
  readonly revokedUpTo: number | null;
  /** How often all of the user's sessions were ended. */
  readonly endings: number;
}

/** Reads a user's log-outs everywhere up to now, from the blocklist and from the refresh store. */
export async function readMarks(settings: FlowSettings, userId: string): Promise<LogoutMarks> {
  const [revokedUpTo, endings] = await Promise.all([readRevokedUpTo(settings, userId), askEndings(settings, userId)]);
  return { revokedUpTo, endings };
}

async function askEndings({ refresh, budget }: FlowSettings, userId: string): Promise<number> {
  if (refresh === null) return 0;
  return budget.callStore("refresh.endings", async () => refresh.store.endings(userId), checkCount);
}

/** Reads up to which instant a user's tokens are revoked; `null` where they are not, or the blocklist can't tell. */
export async function readRevokedUpTo({ blocklist, budget }: FlowSettings, userId: string): Promise<number | null> {
  if (blocklist?.revokedUpTo === undefined) return null;
  const read = async () => blocklist.revokedUpTo?.(userId) ?? null;
  const answer = await budget.callStore("blocklist.revokedUpTo", read, checkInstantOrNull);
  return answer === null ? null : readTime(answer);
}

/**
 * How far ahead of the clock a date may be without being waited for, in milliseconds. A clock that stands still, as in
 * a test, would never get there.
 */
const MAX_UNWAITED_MS = 10;

const TO_COME =
  "the session began, or the user's tokens are revoked, at an instant to come: was the clock of a machine set back?";
const STANDS_STILL = "the user's tokens are revoked up to an instant to come, and the clock stands still: advance it";

/**
 * Chooses the issue time of tokens: the instant of the decision, or the first instant that is not revoked, if that is
 * later. It may be ahead of the clock by the clock tolerance. If it is further ahead, this waits for it.
 *
 * @returns milliseconds since 1970
 * @throws AuthError `unavailable` (503) where the date is too far ahead to wait for
 */
export async function dateTokens(
  { token, budget }: FlowSettings,
  decidedAt: number,
  revokedUpTo: number | null,
): Promise<number> {
  const date = Math.max(decidedAt, (revokedUpTo ?? 0) + 1);
  const readLead = (): number => date - readClock(token.now) - token.clockTolerance * 1_000;
  let wait = readLead();
  while (wait > MAX_UNWAITED_MS) {
    if (wait > budget.getTimeLeft()) throw new AuthError("unavailable", { cause: new Error(TO_COME) });
    await sleep(wait);
    const rest = readLead();
    if (rest === wait) throw new AuthError("unavailable", { cause: new Error(STANDS_STILL) });
    wait = rest;
  }
  return date;
}

/**
 * Tells whether a user was logged out everywhere since authenticating, by marks that were read just now. Two machines
 * may have dated the two. The mark is one tolerance ahead of its machine's clock, so that no later log-out is
 * overlooked.
 */
export function wasCutSince({ revokedUpTo }: LogoutMarks, provenAt: number): boolean {
  return revokedUpTo !== null && provenAt <= revokedUpTo;
}

/** Dates an authentication after the last log-out that was known, so that {@link wasCutSince} finds only later ones. */
export function dateProof(decidedAt: number, { revokedUpTo }: LogoutMarks): number {
  return Math.max(decidedAt, (revokedUpTo ?? 0) + 1);
}

/**
 * Limits the date of an authentication to what {@link dateProof} may give on a machine whose clock is ahead. It refuses
 * to believe a date further in the future: that would be later than every log-out, which would then be overlooked.
 */
export function limitProofDate({ token }: FlowSettings, provenAt: number, now: number): number {
  return Math.min(provenAt, now + 2 * token.clockTolerance * 1_000 + MAX_UNWAITED_MS);
}

/**
 * Tells whether a token that was issued at an earlier instant would be revoked. Only a blocklist without `revokedUpTo`
 * is asked.
 */
export async function isRevokedSince(settings: FlowSettings, userId: string, since: number): Promise<boolean> {
  const { blocklist, budget } = settings;
  if (blocklist === null || blocklist.revokedUpTo !== undefined) return false;
  const reference = { jti: null, sid: null, userId, issuedAt: new Date(since) };
  return budget.callStore("blocklist.isRevoked", () => blocklist.isRevoked(reference), checkBoolean);
}

/**
 * Tells whether the user was logged out everywhere between an instant and now. The marks must have been read just now.
 * The clock decides: the user was not known before, so there are no earlier marks to compare with.
 */
export function wasCutBetween({ revokedUpTo }: LogoutMarks, { token }: FlowSettings, from: number): boolean {
  if (revokedUpTo === null) return false;
  const cutAt = revokedUpTo - token.clockTolerance * 1_000;
  return from < cutAt && cutAt <= readClock(token.now);
}

import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { readTime } from "../shared/date.ts";
import { sleep } from "../shared/promise.ts";
import { checkBoolean, checkCount, checkInstantOrNull } from "../store-calls/answer-checks.ts";
import type { FlowSettings } from "./settings.ts";

/** How far a user has been logged out everywhere. It is read before anything is decided. */
export interface LogoutMarks {
  /** The instant up to which the user's tokens are revoked, in milliseconds since 1970; `null` where they are not. */
  readonly revokedUpTo: number | null;
  /** How often all of the user's sessions were ended. */
  readonly endings: number;
}

/** Reads how far a user has been logged out everywhere, from the blocklist and from the refresh store. */
export async function readMarks(settings: FlowSettings, userId: string): Promise<LogoutMarks> {
  const [revokedUpTo, endings] = await Promise.all([readRevokedUpTo(settings, userId), readEndings(settings, userId)]);
  return { revokedUpTo, endings };
}

async function readEndings({ refresh, budget }: FlowSettings, userId: string): Promise<number> {
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
 * How far ahead a date may be that nobody waits for, in milliseconds: a clock that stands still, as in a test, never
 * gets there.
 */
const NOT_WAITED_FOR = 10;

/**
 * Dates the tokens of a decision: by the instant of the decision, or by the first instant that is not revoked, if that
 * is later. Such a date may be ahead of the clock by as much as clocks may differ. One that is further ahead is waited
 * for.
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
  const ahead = (): number => date - readClock(token.now) - token.clockTolerance * 1_000;
  while (ahead() > NOT_WAITED_FOR) {
    if (ahead() > budget.left()) {
      const cause = new Error("the user's tokens are revoked up to an instant to come");
      throw new AuthError("unavailable", { cause });
    }
    await sleep(ahead());
  }
  return date;
}

/**
 * Tells whether a user was logged out everywhere since a proof, by marks that were read just now. Two clocks may have
 * dated the two. The mark lies as far ahead of its own as clocks may differ, so that no later log-out is overlooked.
 */
export function wasCutSince({ revokedUpTo }: LogoutMarks, provenAt: number): boolean {
  return revokedUpTo !== null && provenAt <= revokedUpTo;
}

/** Dates a proof behind the log-out that it knew of, so that {@link wasCutSince} tells a later one from that. */
export function dateProof(decidedAt: number, { revokedUpTo }: LogoutMarks): number {
  return Math.max(decidedAt, (revokedUpTo ?? 0) + 1);
}

/**
 * Limits the date of a proof to what {@link dateProof} may give on a machine whose clock is ahead. One that lies
 * further ahead would hide every log-out.
 */
export function limitProofDate({ token }: FlowSettings, provenAt: number, now: number): number {
  return Math.min(provenAt, now + 2 * token.clockTolerance * 1_000 + NOT_WAITED_FOR);
}

/**
 * Tells whether a token of an earlier instant would be revoked. This is asked only of a blocklist that can't tell up to
 * which instant a user's tokens are revoked.
 */
export async function isRevokedSince(settings: FlowSettings, userId: string, since: number): Promise<boolean> {
  const { blocklist, budget } = settings;
  if (blocklist === null || blocklist.revokedUpTo !== undefined) return false;
  const reference = { jti: null, sid: null, userId, issuedAt: new Date(since) };
  return budget.callStore("blocklist.isRevoked", () => blocklist.isRevoked(reference), checkBoolean);
}

/**
 * Tells whether the user was logged out everywhere between an instant and now. The marks must have been read just now.
 * The clock decides, since the user was not known before, so that there are no earlier marks to compare.
 */
export function wasCutBetween({ revokedUpTo }: LogoutMarks, { token }: FlowSettings, from: number): boolean {
  if (revokedUpTo === null) return false;
  const cutAt = revokedUpTo - token.clockTolerance * 1_000;
  return from < cutAt && cutAt <= readClock(token.now);
}

import type { CommonSettings } from "../authenticator/settings.ts";
import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { timeOf } from "../shared/date.ts";
import { sleep } from "../shared/promise.ts";
import { checkCount, checkInstantOrNull } from "../store-calls/answers.ts";

/** How far a user has been logged out everywhere, as it was read before anything was decided. */
export interface LogoutMarks {
  /** Up to which instant the user's tokens are revoked, in milliseconds since 1970; `null`: not at all. */
  readonly revokedUpTo: number | null;
  /** How often all of the user's sessions were ended. */
  readonly endings: number;
}

/** Reads how far a user has been logged out everywhere, in both places where that is written down. */
export async function readMarks(settings: CommonSettings, userId: string): Promise<LogoutMarks> {
  const [revokedUpTo, endings] = await Promise.all([readRevokedUpTo(settings, userId), readEndings(settings, userId)]);
  return { revokedUpTo, endings };
}

async function readEndings({ refresh, budget }: CommonSettings, userId: string): Promise<number> {
  return refresh === null ? 0 : budget.ask("refresh.endings", async () => refresh.store.endings(userId), checkCount);
}

/** Up to which instant a user's tokens are revoked; `null` where they are not, or the blocklist can't tell. */
export async function readRevokedUpTo({ blocklist, budget }: CommonSettings, userId: string): Promise<number | null> {
  if (blocklist?.revokedUpTo === undefined) return null;
  const read = async () => blocklist.revokedUpTo?.(userId) ?? null;
  const answer = await budget.ask("blocklist.revokedUpTo", read, checkInstantOrNull);
  return answer === null ? null : timeOf(answer);
}

/** Milliseconds. A clock that stands still, as in a test, would never get there. */
const NOT_WAITED_FOR = 10;

/**
 * The instant that the tokens of a decision carry: that of the decision, or the first one that is not revoked. It may lie in
 * the future by as much as clocks may be apart. Where it lies further ahead, this waits for it.
 *
 * @throws AuthError `unavailable` (503) where it is too far ahead to wait for
 */
export async function dateTokens(
  { token, budget }: CommonSettings,
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
 * Whether the user was logged out everywhere between an instant and now, when the marks have just been read: the clock says
 * so, as nothing else can before the user is known.
 */
export function wasCutBetween({ revokedUpTo }: LogoutMarks, { token }: CommonSettings, from: number): boolean {
  if (revokedUpTo === null) return false;
  const cutAt = revokedUpTo - token.clockTolerance * 1_000;
  return from < cutAt && cutAt <= readClock(token.now);
}

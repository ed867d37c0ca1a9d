import type { CommonSettings, SessionSettings } from "../authenticator/settings.ts";
import { readClock } from "../core/time.ts";
import { endOf } from "../guard/identity.ts";
import { tell } from "../shared/listener.ts";
import { checkReason, takeAnything } from "../store-calls/answers.ts";
import type { EndReason, StoredSession } from "../stores/contract.ts";

/**
 * Ends one of a user's sessions, and completes its end. The session is kept, as ended, until its access tokens are revoked
 * too: so whoever was told 503 finds it again. Gives whether there was one.
 */
export async function endSession(
  settings: SessionSettings,
  sid: string,
  userId: string,
  reason: EndReason,
): Promise<boolean> {
  const { refresh, budget } = settings;
  const end = async () => refresh.store.endSession(sid, userId, reason);
  const ended = await budget.ask("refresh.endSession", end, checkReason);
  if (ended !== null) await completeEnd(settings, { sid, userId }, ended);
  return ended !== null;
}

/**
 * Does what follows from a session's end, once or again: revokes its access tokens, tells of theft, and deletes it. The
 * reason is the stored one, since somebody else may have been interrupted.
 */
export async function completeEnd(
  settings: SessionSettings,
  { sid, userId }: Pick<StoredSession, "sid" | "userId">,
  ended: EndReason,
): Promise<void> {
  await revokeSession(settings, sid, userId);
  if (ended === "reuse") tell(settings.refresh.onReuse, { sid, userId });
  await deleteSessions(settings, userId, [sid]);
}

/** Revokes the access tokens of a session. */
export async function revokeSession(settings: CommonSettings, sid: string, userId: string): Promise<void> {
  const { blocklist, budget, token } = settings;
  if (blocklist === null) return;
  const latest = readClock(token.now) + token.clockTolerance * 1_000;
  const revoke = async () => blocklist.revokeSession(sid, lastEnd(settings, latest), userId);
  await budget.ask("blocklist.revokeSession", revoke, takeAnything);
}

/** When the last token that is dated up to an instant will have ended. */
export function lastEnd({ token }: CommonSettings, latest: number): Date {
  return endOf(Math.ceil(latest / 1_000) + token.expiresIn, token.clockTolerance);
}

/** Deletes sessions that were ended in every respect. One that can't be deleted now is over all the same, and expires. */
export async function deleteSessions(
  settings: SessionSettings,
  userId: string,
  sids: readonly string[],
): Promise<void> {
  if (sids.length === 0) return;
  const { refresh, budget } = settings;
  const remove = async () => refresh.store.deleteSessions(userId, sids);
  await budget.ask("refresh.deleteSessions", remove, takeAnything).catch(() => undefined);
}

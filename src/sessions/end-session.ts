import { readClock } from "../core/time.ts";
import { findRevocationEnd } from "../guard/token-reference.ts";
import { tell } from "../shared/listener.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import { checkReason } from "../store-calls/session-answers.ts";
import type { EndReason, StoredSession } from "../stores/contract.ts";
import type { FlowSettings, SessionSettings } from "./settings.ts";
import { revokeStatuses } from "./status.ts";

/**
 * Ends one of a user's sessions, and completes its end. The ended session is kept until its access tokens are revoked
 * too, so that a client that was told 503 finds it again.
 *
 * @returns whether there was such a session
 */
export async function endSession(
  settings: SessionSettings,
  sid: string,
  userId: string,
  reason: EndReason,
): Promise<boolean> {
  const { refresh, budget } = settings;
  const end = async () => refresh.store.endSession(sid, userId, reason);
  const ended = await budget.callStore("refresh.endSession", end, checkReason);
  if (ended !== null) await completeEnd(settings, { sid, userId }, ended);
  return ended !== null;
}

/**
 * Does what follows from a session's end: revokes its access tokens, reports theft, and deletes the session. It may run
 * twice.
 *
 * @param ended - the reason that is stored: another request may have ended the session, and been interrupted
 */
export async function completeEnd(
  settings: SessionSettings,
  { sid, userId }: Pick<StoredSession, "sid" | "userId">,
  ended: EndReason,
): Promise<void> {
  await revokeSession(settings, sid, userId);
  tellEnd(settings, { sid, userId }, ended);
  await deleteSessions(settings, userId, [sid]);
}

/** Reports a session's end, and theft if that is the reason. */
export function tellEnd(
  { refresh, emit }: SessionSettings,
  { sid, userId }: Pick<StoredSession, "sid" | "userId">,
  reason: EndReason,
): void {
  emit(() => ({ type: "session_ended", userId, sid, reason }));
  if (reason !== "reuse") return;
  emit(() => ({ type: "refresh_token_reused", userId, sid }));
  tell(refresh.onReuse, { sid, userId });
}

/**
 * Revokes the access tokens of a session of ours: in its status list, if it has a place in one, and in the blocklist.
 *
 * @param exp - when a token of it expires, in seconds since 1970: one of another issuer may live longer than ours
 */
export async function revokeSession(settings: FlowSettings, sid: string, userId: string, exp = 0): Promise<void> {
  await revokeStatuses(settings, [sid]);
  await blockSession(settings, sid, userId, exp, settings.life.ownLifetime);
}

/**
 * Revokes the access tokens of one user's session in the blocklist alone.
 *
 * @param lifetime - how long its other tokens may live, in seconds
 */
export async function blockSession(
  settings: FlowSettings,
  sid: string,
  userId: string,
  exp: number,
  lifetime: number,
): Promise<void> {
  const { blocklist, budget, token, life } = settings;
  if (blocklist === null) return;
  const latest = readClock(token.now) + token.clockTolerance * 1_000;
  const ends = [findLastEnd(settings, latest, lifetime), findRevocationEnd(exp, life.clockTolerance)];
  const end = new Date(Math.max(...ends.map((it) => it.getTime())));
  const revoke = async () => blocklist.revokeSession(sid, end, userId);
  await budget.callStore("blocklist.revokeSession", revoke, acceptAnything);
}

/**
 * Computes until when to keep a revocation of all tokens that were issued up to an instant.
 *
 * @param lifetime - how long they may live, in seconds
 */
export function findLastEnd({ life }: FlowSettings, latest: number, lifetime: number): Date {
  return findRevocationEnd(Math.ceil(latest / 1_000) + lifetime, life.clockTolerance);
}

/** Deletes sessions whose end was completed. One that can't be deleted stays ended, and expires. */
export async function deleteSessions(
  settings: SessionSettings,
  userId: string,
  sids: readonly string[],
): Promise<void> {
  if (sids.length === 0) return;
  const { refresh, budget } = settings;
  const remove = async () => refresh.store.deleteSessions(userId, sids);
  await budget.callStore("refresh.deleteSessions", remove, acceptAnything).catch(() => undefined);
}

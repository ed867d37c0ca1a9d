import { readClock } from "../core/time.ts";
import { checkUserId } from "../shared/user-id.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import { checkEndedSessions } from "../store-calls/session-answers.ts";
import type { EndedSession } from "../stores/contract.ts";
import { deleteSessions, findLastEnd, tellEnd } from "./end-session.ts";
import { readRevokedUpTo } from "./marks.ts";
import type { FlowSettings, SessionSettings } from "./settings.ts";
import { revokeStatuses } from "./status.ts";

/** Ends all of a user's sessions, and revokes all tokens that were issued up to now. */
export async function logoutEverywhere(settings: FlowSettings, userId: string): Promise<void> {
  checkUserId(userId);
  await cutUser(settings, userId);
}

/** A session that lives on while all others of its user end, and what has to be done to it in between. */
export interface KeptSession {
  readonly sid: string;
  readonly keep: () => Promise<void>;
}

/**
 * Ends a user's sessions in one step, and then revokes all tokens that were issued up to now. The caller's own token is
 * revoked last, so that a caller who was told 503 can still authenticate to try again.
 *
 * @param kept - a session that lives on; its access tokens are revoked like all others
 */
export async function cutUser(settings: FlowSettings, userId: string, kept?: KeptSession): Promise<void> {
  const { refresh, blocklist, budget } = settings;
  const ended = refresh === null ? [] : await endSessions({ ...settings, refresh }, userId, kept?.sid);
  await kept?.keep();
  const sids = ended.map(({ sid }) => sid);
  await revokeStatuses(settings, sids);
  if (blocklist !== null) {
    const upTo = await chooseCut(settings, userId);
    const end = findLastEnd(settings, upTo, settings.life.lifetime);
    const revoke = async () => blocklist.revokeUser(userId, new Date(upTo), end, sids);
    await budget.callStore("blocklist.revokeUser", revoke, acceptAnything);
  }
  if (refresh !== null) await completeEnds({ ...settings, refresh }, userId, ended);
  settings.emit(() => ({ type: "logged_out_everywhere", userId }));
}

async function endSessions(
  { refresh, budget, token }: SessionSettings,
  userId: string,
  exceptSid: string | undefined,
): Promise<readonly EndedSession[]> {
  const end = async () => refresh.store.endSessions(userId, new Date(readClock(token.now)), exceptSid);
  return budget.callStore("refresh.endSessions", end, checkEndedSessions);
}

/**
 * Chooses the instant up to which tokens are revoked. It is one clock tolerance in the future, since another machine's
 * clock may be ahead. And it is always later than the last such instant: tokens that were issued after the last log-out
 * are dated right after it.
 */
async function chooseCut(settings: FlowSettings, userId: string): Promise<number> {
  const { token } = settings;
  const last = await readRevokedUpTo(settings, userId);
  return Math.max(readClock(token.now) + token.clockTolerance * 1_000, (last ?? 0) + 1);
}

/** Does what follows from the end of sessions whose tokens are revoked: reports theft, and deletes the sessions. */
async function completeEnds(settings: SessionSettings, userId: string, all: readonly EndedSession[]): Promise<void> {
  for (const { sid, ended } of all) tellEnd(settings, { sid, userId }, ended);
  const sids = all.map(({ sid }) => sid);
  await deleteSessions(settings, userId, sids);
}

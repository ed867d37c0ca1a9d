import type { CommonSettings, SessionSettings } from "../authenticator/settings.ts";
import { readClock } from "../core/time.ts";
import { endOf, type Identity, isIdentity } from "../guard/identity.ts";
import { tell } from "../shared/listener.ts";
import { isText } from "../shared/text.ts";
import { checkEndedSessions, checkSessions, takeAnything } from "../store-calls/answers.ts";
import type { EndedSession, Session } from "../stores/contract.ts";
import { deleteSessions, endSession, lastEnd, revokeSession } from "./end-session.ts";
import { findSessions } from "./find-sessions.ts";
import { readRevokedUpTo } from "./marks.ts";

/** Ends the session of an identity, or revokes its token where there is none, until no verifier would take it anyway. */
export async function logout(settings: CommonSettings, identity: Identity): Promise<void> {
  const { refresh, blocklist, token, budget } = settings;
  // Of one that leaves out the session, the token alone would be revoked.
  if (!isIdentity(identity) || identity.sid === undefined) {
    throw new TypeError("logout takes the identity that authenticate gave, with its userId and sid: await it");
  }
  const { userId, sid, claims } = identity;
  if (refresh !== null && isText(sid)) {
    // A session that the store has forgotten may have access tokens yet.
    const isKnown = await endSession({ ...settings, refresh }, sid, userId, "logout");
    return isKnown ? undefined : revokeSession(settings, sid, userId);
  }
  const { jti, exp } = (claims ?? {}) as { jti?: unknown; exp?: unknown };
  if (blocklist === null) throw new TypeError("logout takes an identity whose token has a sid; or give a blocklist");
  if (typeof jti !== "string" || typeof exp !== "number") {
    throw new TypeError("logout takes an identity whose token has a jti, as every token that hallpass issues");
  }
  const revoke = async () => blocklist.revokeToken(jti, endOf(exp, token.clockTolerance), userId);
  await budget.ask("blocklist.revokeToken", revoke, takeAnything);
}

/** Ends the sessions that refresh tokens belong to. Gives whether there was one. */
export async function logoutByRefreshToken(settings: SessionSettings, sent: unknown): Promise<boolean> {
  const found = await findSessions(settings, sent);
  for (const { session } of found) {
    await endSession(settings, session.sid, session.userId, session.ended ?? "logout");
  }
  return found.length > 0;
}

/** Ends one of a user's own sessions. One that is not theirs is left alone. */
export async function logoutSession(settings: SessionSettings, userId: string, sid: string): Promise<void> {
  checkUserId(userId);
  await endSession(settings, sid, userId, "logout");
}

/** A user's sessions. */
export async function sessions(settings: SessionSettings, userId: string): Promise<readonly Session[]> {
  checkUserId(userId);
  const { refresh, token, budget } = settings;
  const list = async () => refresh.store.sessions(userId, new Date(readClock(token.now)));
  return budget.ask("refresh.sessions", list, checkSessions);
}

/**
 * Ends all of a user's sessions, and revokes all tokens that were issued up to now: in one step for the sessions and one
 * for the tokens, the caller's own among them, so that a caller who was told 503 can still authenticate to try again.
 */
export async function logoutEverywhere(settings: CommonSettings, userId: string): Promise<void> {
  checkUserId(userId);
  const { refresh, blocklist, budget } = settings;
  const ended = refresh === null ? [] : await endSessions({ ...settings, refresh }, userId);
  if (blocklist !== null) {
    const upTo = await cutFor(settings, userId);
    const sids = ended.map(({ sid }) => sid);
    const revoke = async () => blocklist.revokeUser(userId, new Date(upTo), lastEnd(settings, upTo), sids);
    await budget.ask("blocklist.revokeUser", revoke, takeAnything);
  }
  if (refresh !== null) await completeEnds({ ...settings, refresh }, userId, ended);
}

/** Does what follows from the end of sessions whose tokens are revoked. */
async function completeEnds(settings: SessionSettings, userId: string, all: readonly EndedSession[]): Promise<void> {
  for (const { sid, ended } of all) if (ended === "reuse") tell(settings.refresh.onReuse, { sid, userId });
  const sids = all.map(({ sid }) => sid);
  await deleteSessions(settings, userId, sids);
}

async function endSessions(
  { refresh, budget, token }: SessionSettings,
  userId: string,
): Promise<readonly EndedSession[]> {
  const end = async () => refresh.store.endSessions(userId, new Date(readClock(token.now)));
  return budget.ask("refresh.endSessions", end, checkEndedSessions);
}

/**
 * Up to which instant a log-out everywhere revokes: as far ahead as another machine's clock may be. Always further than
 * the last time, since tokens that were issued after that are dated right behind it.
 */
async function cutFor(settings: CommonSettings, userId: string): Promise<number> {
  const { token } = settings;
  const last = await readRevokedUpTo(settings, userId);
  return Math.max(readClock(token.now) + token.clockTolerance * 1_000, (last ?? 0) + 1);
}

function checkUserId(userId: unknown): void {
  if (!isText(userId)) throw new TypeError("a user's id is a non-empty string of at most 1024 characters");
}

import { readClock } from "../core/time.ts";
import type { Session } from "../stores/contract.ts";
import { isAnything, isSessions, isText, isTexts } from "./answers.ts";
import { ask } from "./ask.ts";
import { endOf, type Identity } from "./identity.ts";
import { findRefreshToken } from "./refresh-token.ts";
import type { CommonSettings, SessionSettings } from "./settings.ts";

/** Ends the session of an identity, or revokes its token where there is none, until no verifier would take it anyway. */
export async function logout(settings: CommonSettings, identity: Identity): Promise<void> {
  const { refresh, blocklist, token, storeTimeoutMs } = settings;
  const { jti, sid, exp } = (identity?.claims ?? {}) as { jti?: unknown; sid?: unknown; exp?: unknown };
  if (refresh !== null && isText(sid)) return endSession({ ...settings, refresh }, sid, identity.userId);
  if (blocklist === null) throw new TypeError("logout takes an identity whose token has a sid; or give a blocklist");
  if (typeof jti !== "string" || typeof exp !== "number") {
    throw new TypeError("logout takes an identity whose token has a jti, as every token that hallpass issues");
  }
  const revoke = async () => blocklist.revokeToken(jti, endOf(exp, token.clockTolerance), identity.userId);
  await ask("blocklist.revokeToken", storeTimeoutMs, revoke, isAnything);
}

/** Ends a session, and revokes its access tokens. */
export async function endSession(settings: SessionSettings, sid: string, userId: string): Promise<void> {
  const { store } = settings.refresh;
  // The session goes first: were its tokens revoked before and this failed, nobody could authenticate to try again.
  await ask("refresh.endSession", settings.storeTimeoutMs, async () => store.endSession(sid, userId), isAnything);
  await revokeSession(settings, sid, userId);
}

/** Ends the session that a refresh token belongs to. One of no session is no error: it is over. */
export async function logoutByRefreshToken(settings: SessionSettings, refreshToken: unknown): Promise<void> {
  const found = await findRefreshToken(settings, refreshToken);
  if (found !== null) await endSession(settings, found.session.sid, found.session.userId);
}

/** Ends one of a user's own sessions. One that is not theirs is left alone. */
export async function logoutSession(settings: SessionSettings, userId: string, sid: string): Promise<void> {
  const own = await sessions(settings, userId);
  if (own.some((session) => session.sid === sid)) await endSession(settings, sid, userId);
}

/** A user's sessions. */
export async function sessions(settings: SessionSettings, userId: string): Promise<readonly Session[]> {
  checkUserId(userId);
  const { refresh, token, storeTimeoutMs } = settings;
  const list = async () => refresh.store.sessions(userId, new Date(readClock(token.now)));
  return ask("refresh.sessions", storeTimeoutMs, list, isSessions);
}

/** Ends all of a user's sessions, and revokes all tokens that were issued up to now. */
export async function logoutEverywhere(settings: CommonSettings, userId: string): Promise<void> {
  checkUserId(userId);
  const { refresh, blocklist, token, storeTimeoutMs } = settings;
  if (refresh !== null) await endSessions({ ...settings, refresh }, userId);
  if (blocklist === null) return;
  // Taken after the sessions ended, so that it covers what they were still issued.
  const now = new Date(readClock(token.now));
  const revoke = async () => blocklist.revokeUser(userId, now, lastEnd(settings));
  await ask("blocklist.revokeUser", storeTimeoutMs, revoke, isAnything);
}

async function endSessions(settings: SessionSettings, userId: string): Promise<void> {
  const { refresh, storeTimeoutMs } = settings;
  // The instant that is revoked up to is one machine's; by their ids, tokens of a machine whose clock is ahead go too.
  const known = (await sessions(settings, userId)).map(({ sid }) => sid);
  await revokeSessions(settings, known, userId);
  const end = async () => refresh.store.endSessions(userId);
  const ended = await ask("refresh.endSessions", storeTimeoutMs, end, isTexts);
  await revokeSessions(
    settings,
    ended.filter((sid) => !known.includes(sid)),
    userId,
  );
}

async function revokeSessions(settings: CommonSettings, sids: readonly string[], userId: string): Promise<void> {
  await Promise.all(sids.map((sid) => revokeSession(settings, sid, userId)));
}

async function revokeSession(settings: CommonSettings, sid: string, userId: string): Promise<void> {
  const { blocklist, storeTimeoutMs } = settings;
  if (blocklist === null) return;
  const revoke = async () => blocklist.revokeSession(sid, lastEnd(settings), userId);
  await ask("blocklist.revokeSession", storeTimeoutMs, revoke, isAnything);
}

/** When the last token issued by now will have ended. */
function lastEnd({ token }: CommonSettings): Date {
  return endOf(Math.ceil(readClock(token.now) / 1_000) + token.expiresIn, token.clockTolerance);
}

function checkUserId(userId: unknown): void {
  if (!isText(userId)) throw new TypeError("a user's id is a non-empty string of at most 1024 characters");
}

import { type Identity, isIdentity } from "../guard/identity.ts";
import { assert } from "../shared/assert.ts";
import { isText } from "../shared/text.ts";
import { checkUserId } from "../shared/user-id.ts";
import { blockSession, endSession, revokeSession } from "./end-session.ts";
import { findSessions } from "./find-sessions.ts";
import { revokeToken } from "./revoke-token.ts";
import type { FlowSettings, SessionSettings } from "./settings.ts";

const FOREIGN =
  "logout takes an identity of a session of this authenticator, and this is one of another issuer's: give a blocklist, " +
  "in which its tokens can be revoked";

/**
 * Ends the session of an identity. Where there is none, it revokes the identity's token for as long as it would be
 * valid.
 */
export async function logout(settings: FlowSettings, identity: Identity): Promise<void> {
  const { refresh, blocklist } = settings;
  // An identity that leaves out `sid` may belong to a session, which would live on: only the token would be revoked.
  if (!isIdentity(identity) || !(identity.sid === null || typeof identity.sid === "string")) {
    throw new TypeError("logout takes the identity that authenticate gave, with its userId and sid: await it");
  }
  const { userId, sid, claims } = identity;
  const { exp, iss = null } = (claims ?? {}) as { exp?: unknown; iss?: unknown };
  if (refresh !== null && isText(sid)) {
    const isKnown = await endSession({ ...settings, refresh }, sid, userId, "logout");
    if (isKnown) return;
    // A session that the store has dropped may still have access tokens. But another issuer may write any sid, even one
    // with the place of somebody else's session in a status list, and a place is marked for good.
    const end = Number.isFinite(exp) ? (exp as number) : 0;
    if (iss === settings.token.issuer) return revokeSession(settings, sid, userId, end);
    if (blocklist === null) throw new TypeError(FOREIGN);
    return blockSession(settings, sid, userId, end, settings.life.lifetime);
  }
  if (blocklist === null) throw new TypeError("logout takes an identity whose token has a sid; or give a blocklist");
  await revokeToken("logout", { ...settings, blocklist }, identity);
  settings.emit(() => ({ type: "session_ended", userId, sid: null, reason: "logout" }));
}

/**
 * Ends the sessions of the refresh tokens that a client sent.
 *
 * @returns whether there was such a session
 */
export async function logoutByRefreshToken(settings: SessionSettings, sent: unknown): Promise<boolean> {
  const found = await findSessions(settings, sent);
  for (const { session } of found) {
    await endSession(settings, session.sid, session.userId, session.ended ?? "logout");
  }
  return found.length > 0;
}

/** Ends one of a user's own sessions. Another user's session is left alone. */
export async function logoutSession(settings: SessionSettings, userId: string, sid: string): Promise<void> {
  checkUserId(userId);
  assert(isText(sid), "logoutSession takes a user's id and the sid of one of the user's sessions");
  await endSession(settings, sid, userId, "logout");
}

import { AuthError, isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { MAX_REFRESH_ATTEMPTS } from "../shared/limits.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { callClaims, issueAccessToken, refuseRevokedToken } from "./access-token.ts";
import { type Binding, demandBinding, useBinding } from "./binding.ts";
import { readDetails } from "./details.ts";
import { completeEnd, endSession } from "./end-session.ts";
import { computeExpiry, countSeconds, limitToSession } from "./expiry.ts";
import { findSessions, type PresentedSession } from "./find-sessions.ts";
import { dateTokens, readRevokedUpTo } from "./marks.ts";
import { replaceSession } from "./own-session.ts";
import { findOwner } from "./owner.ts";
import { bindDetails, type RefreshProof, readRefreshProof } from "./refresh-proof.ts";
import { createSuccessor, digestRefreshToken, readRefreshTokens } from "./refresh-token.ts";
import type { SessionResult } from "./result.ts";
import { writeRotation } from "./rotation.ts";
import type { IssuingSettings, SessionSettings } from "./settings.ts";
import { parseRotation, useRefreshToken } from "./use-refresh-token.ts";

type Settings<U extends User> = IssuingSettings<U> & SessionSettings;

/**
 * Exchanges a refresh token for the next one and a fresh access token (rotation, RFC 9700 §4.14.2). Requests of one
 * session take turns, since each changes the same record.
 */
export async function refresh<U extends User>(
  settings: Settings<U>,
  sent: unknown,
  options: RefreshProof = {},
): Promise<SessionResult<U>> {
  const provenBy = readRefreshProof(options);
  try {
    demandBinding(settings, provenBy.boundTo ?? null);
    return await takeRefreshToken(settings, sent, provenBy);
  } catch (error) {
    if (isAuthError(error) && error.expose) {
      const { code } = error;
      settings.emit(() => ({ type: "refresh_refused", code }));
    }
    throw error;
  }
}

async function takeRefreshToken<U extends User>(
  settings: Settings<U>,
  sent: unknown,
  provenBy: Partial<Binding>,
): Promise<SessionResult<U>> {
  const [first, ...others] = readRefreshTokens(sent);
  if (first === undefined) throw createRefreshTokenError(settings);
  const now = readClock(settings.token.now);
  const token = others.length === 0 ? first : (await findLivingSession(settings, sent, now)).refreshToken;
  return settings.refresh.turns.take(digestRefreshToken(token).family, () =>
    refreshInTurn(settings, token, provenBy, now),
  );
}

/**
 * Refreshes a session. Its record is replaced last, after everything else that can fail, so that a client may try again
 * after a 503.
 */
async function refreshInTurn<U extends User>(
  settings: Settings<U>,
  sent: string,
  provenBy: Partial<Binding>,
  now: number,
): Promise<SessionResult<U>> {
  const refreshToken = createSuccessor(sent);
  let { session } = await findLivingSession(settings, sent, now);
  const details = bindDetails(settings, readDetails(session), provenBy);
  await useBinding(provenBy, settings.budget);
  let next = await advance(settings, session, sent, refreshToken, now);

  const user = await findOwner(settings, session);
  if (user === null) throw createRefreshTokenError(settings);
  const claims = await callClaims(settings, user);
  const decidedAt = Math.max(now, session.createdAt.getTime());
  const date = await dateTokens(settings, decidedAt, await readRevokedUpTo(settings, user.id));
  if (limitToSession(settings.token, next, date) < 1) throw createRefreshTokenError(settings);
  const access = await issueAccessToken(settings, user, claims, next, date, details);
  await refuseRevokedToken(settings, access.accessToken);

  for (let tries = 0; tries < MAX_REFRESH_ATTEMPTS; tries += 1) {
    const isReplaced = await replaceSession(settings, session, next);
    if (!isReplaced) ({ session } = await findLivingSession(settings, sent, now));
    // The store's driver may have sent the replacement twice. The second fails, but the stored record is ours.
    if (isReplaced || session.rotation === next.rotation) {
      const refreshExpiresIn = countSeconds(now, next.expiresAt);
      const { userId, sid } = session;
      settings.emit(() => ({ type: "session_refreshed", userId, sid }));
      return { ...access, refreshToken, refreshExpiresIn, persistent: details.persistent };
    }
    next = await advance(settings, session, sent, refreshToken, now);
  }
  throw createBusyError("too many refreshes of one session at once");
}

/** Finds the one living session among those of the refresh tokens that a client sent. */
async function findLivingSession(settings: SessionSettings, sent: unknown, now: number): Promise<PresentedSession> {
  const found = await findSessions(settings, sent);
  const living = found.filter(({ session }) => session.ended === null && session.expiresAt.getTime() > now);
  const [presented] = living;
  if (living.some(({ session }) => session.sid !== presented?.session.sid)) {
    throw new AuthError("malformed_refresh_token", {
      cause: new Error("refresh tokens of several sessions were sent"),
    });
  }
  if (presented !== undefined) return living.length === 1 ? presented : chooseNewest(living, presented);
  // The request that ended a session may have been interrupted: its end is completed before the client hears of it.
  for (const { session } of found) if (session.ended !== null) await completeEnd(settings, session, session.ended);
  throw createRefreshTokenError(settings);
}

/**
 * Chooses the newest of several tokens of one session. A browser goes on sending the cookie of an earlier path beside
 * the present one, and the older token alone would look stolen.
 */
function chooseNewest(living: readonly PresentedSession[], { session }: PresentedSession): PresentedSession {
  const { successors, siblings, used } = parseRotation(session);
  const newest = [...successors, ...[used].flat(), ...siblings];
  const rank = ({ refreshToken }: PresentedSession): number => {
    const at = newest.indexOf(digestRefreshToken(refreshToken).token);
    return at === -1 ? newest.length : at;
  };
  return living.reduce((best, other) => (rank(other) < rank(best) ? other : best));
}

/**
 * Computes the record of a session after a use of one of its tokens. A reused token ends the session: two clients hold
 * its tokens, and nobody can tell which of them is the thief.
 */
async function advance(
  settings: SessionSettings,
  session: StoredSession,
  sent: string,
  successor: string,
  now: number,
): Promise<StoredSession> {
  const { refresh } = settings;
  const rotation = useRefreshToken(settings, session, sent, successor, now);
  if (rotation === "crowded") throw createBusyError("this refresh token was sent too often in a moment");
  if (rotation === "theft") {
    await endSession(settings, session.sid, session.userId, "reuse");
    throw createRefreshTokenError(settings);
  }
  const expiresAt = computeExpiry(refresh, readDetails(session), session.createdAt.getTime(), now);
  if (countSeconds(now, expiresAt) < 1) throw createRefreshTokenError(settings);
  const { revision } = session;
  return {
    ...session,
    lastUsedAt: new Date(now),
    expiresAt,
    rotation: writeRotation(rotation),
    revision: revision + 1,
  };
}

function createBusyError(why: string): AuthError {
  return new AuthError("unavailable", { cause: new Error(why) });
}

function createRefreshTokenError({ realm }: SessionSettings): AuthError {
  return new AuthError("invalid_refresh_token", { realm });
}

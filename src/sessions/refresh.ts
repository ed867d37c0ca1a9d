import type { FlowSettings, SessionSettings } from "../authenticator/settings.ts";
import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { timeOf } from "../shared/date.ts";
import { MAX_REFRESH_ATTEMPTS } from "../shared/limits.ts";
import { checkBoolean, checkUserOf } from "../store-calls/answers.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { completeEnd, endSession } from "./end-session.ts";
import { findSessions, type Presented } from "./find-sessions.ts";
import { dateTokens, readRevokedUpTo } from "./marks.ts";
import { digestsOf, nextRefreshToken, refreshTokensIn } from "./refresh-token.ts";
import { type Rotation, readRotation, rotate, writeRotation } from "./rotation.ts";
import { endOfSession, given, issueAccess, readClaims, refuseRevoked, type SessionResult } from "./session.ts";

type Settings<U extends User> = FlowSettings<U> & SessionSettings;

/**
 * Takes a refresh token and gives the next one, with a fresh access token (RFC 9700 §4.14.2). Requests of one session take
 * turns, since each changes the same record.
 */
export async function refresh<U extends User>(settings: Settings<U>, sent: unknown): Promise<SessionResult<U>> {
  const [first, ...others] = refreshTokensIn(sent);
  if (first === undefined) throw refused(settings);
  const now = readClock(settings.token.now);
  const token = others.length === 0 ? first : (await findPresented(settings, sent, now)).refreshToken;
  return settings.refresh.turns.take(digestsOf(token).family, () => refreshInTurn(settings, token, now));
}

/** The rotation moves on only after all else that can fail, so that a client may try again after an outage. */
async function refreshInTurn<U extends User>(
  settings: Settings<U>,
  sent: string,
  now: number,
): Promise<SessionResult<U>> {
  const refreshToken = nextRefreshToken(sent);
  let { session } = await findPresented(settings, sent, now);
  let next = await advance(settings, session, sent, refreshToken, now);

  const user = await findOwner(settings, session);
  const claims = await readClaims(settings, user);
  const decidedAt = Math.max(now, session.createdAt.getTime());
  const date = await dateTokens(settings, decidedAt, await readRevokedUpTo(settings, user.id));
  const access = await issueAccess(settings, user, claims, session.sid, date);
  await refuseRevoked(settings, access.accessToken);

  for (let tries = 0; tries < MAX_REFRESH_ATTEMPTS; tries += 1) {
    const isDone = await replace(settings, session, next);
    if (!isDone) ({ session } = await findPresented(settings, sent, now));
    // A client of the store may have sent the replacement twice: then it was this one that came first.
    if (isDone || session.rotation === next.rotation) return { ...access, ...given(refreshToken, next, now) };
    next = await advance(settings, session, sent, refreshToken, now);
  }
  throw busy("too many refreshes of one session at once");
}

function busy(why: string): AuthError {
  return new AuthError("unavailable", { cause: new Error(why) });
}

/** The living session of the one token, of those that were sent, that has one. */
async function findPresented(settings: SessionSettings, sent: unknown, now: number): Promise<Presented> {
  const found = await findSessions(settings, sent);
  const living = found.filter(({ session }) => session.ended === null && session.expiresAt.getTime() > now);
  const [presented, ...others] = living;
  if (others.length > 0) {
    throw new AuthError("malformed_refresh_token", {
      cause: new Error("refresh tokens of several sessions were sent"),
    });
  }
  if (presented !== undefined) return presented;
  // Whoever ended it may have been interrupted: what follows from its end is completed before it is said to be over.
  for (const { session } of found) if (session.ended !== null) await completeEnd(settings, session, session.ended);
  throw refused(settings);
}

/** The session once a token of it was used at an instant. A token that somebody else used before ends it. */
async function advance(
  settings: SessionSettings,
  session: StoredSession,
  sent: string,
  successor: string,
  now: number,
): Promise<StoredSession> {
  const { refresh, token } = settings;
  // The instant of a use is of the machine that took it, whose clock may be another one.
  const grace = refresh.reuseGrace === 0 ? 0 : refresh.reuseGrace + token.clockTolerance * 1_000;
  const rotation = rotate(rotationOf(session), digestsOf(sent).token, digestsOf(successor).token, now, grace);
  if (rotation === "crowded") throw busy("this refresh token was sent too often in a moment");
  if (rotation === "theft") {
    // Two hold tokens of it, and nobody knows which one stole it: the session ends for both.
    await endSession(settings, session.sid, session.userId, "reuse");
    throw refused(settings);
  }
  const expiresAt = endOfSession(refresh, session.createdAt.getTime(), now);
  if (expiresAt.getTime() - now < 1_000) throw refused(settings); // what is left would be no second
  const { revision } = session;
  return {
    ...session,
    lastUsedAt: new Date(now),
    expiresAt,
    rotation: writeRotation(rotation),
    revision: revision + 1,
  };
}

function rotationOf({ rotation }: StoredSession): Rotation {
  const known = readRotation(rotation);
  if (known !== null) return known;
  throw new AuthError("unavailable", { cause: new TypeError("the refresh store gave a rotation that is none") });
}

async function replace(
  { refresh: { store }, budget }: SessionSettings,
  session: StoredSession,
  next: StoredSession,
): Promise<boolean> {
  return budget.ask("refresh.replaceSession", async () => store.replaceSession(session, next), checkBoolean);
}

/** The session's user as of now: one who is gone, disabled, or has another password since gets no more tokens. */
async function findOwner<U extends User>(
  settings: Settings<U>,
  { userId, passwordChangedAt }: StoredSession,
): Promise<U> {
  const { users, budget } = settings;
  const find = async () => users.findById(userId);
  const user = await budget.ask("users.findById", find, checkUserOf(userId));
  // Compared, and not held against a clock: machines' clocks differ, and columns round.
  const isSamePassword = Object.is(timeOf(user?.passwordChangedAt), timeOf(passwordChangedAt));
  if (user === null || user.disabled || !isSamePassword) throw refused(settings);
  return user;
}

function refused({ realm }: SessionSettings): AuthError {
  return new AuthError("invalid_refresh_token", { realm });
}

import type { FlowSettings, SessionSettings } from "../authenticator/settings.ts";
import { AuthError } from "../core/errors.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { decodeToken } from "../core/token/decode.ts";
import { issueAt } from "../core/token/issue.ts";
import { newJti } from "../core/token/jti.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import { referenceOf } from "../guard/identity.ts";
import type { GivenDeviceToken } from "../login/device.ts";
import { MAX_REVOKED_SESSIONS } from "../shared/limits.ts";
import { ignore } from "../shared/listener.ts";
import { checkBoolean, checkIdsOrNull, checkObject } from "../store-calls/answers.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { revokeSession } from "./end-session.ts";
import { dateTokens, type LogoutMarks, readRevokedUpTo } from "./marks.ts";
import type { RefreshSettings } from "./refresh-options.ts";
import { digestsOf, firstRefreshToken, type GivenRefreshToken } from "./refresh-token.ts";
import { beginRotation, writeRotation } from "./rotation.ts";

/** What a good login comes to. */
export interface LoginResult<U extends User = User> extends GivenDeviceToken {
  /** The token for the `Authorization` header. */
  readonly accessToken: string;
  /** How it is to be sent (RFC 6750). */
  readonly tokenType: "Bearer";
  /** How long it is valid, in seconds. */
  readonly expiresIn: number;
  /** Who logged in. Not part of any HTTP answer. */
  readonly user: U;
}

/** What a good login or refresh comes to where there are sessions. */
export interface SessionResult<U extends User = User> extends LoginResult<U>, GivenRefreshToken {}

/** A user for whom a session may begin, and when that was decided. */
export interface Opening<U extends User> {
  readonly user: U;
  /** What the user's tokens are to say. */
  readonly claims: object;
  /** The instant before the first read that the decision rests on, in milliseconds since 1970. */
  readonly decidedAt: number;
  readonly marks: LogoutMarks;
  /** The user's `passwordChangedAt`, as `findById` gives it. */
  readonly passwordChangedAt: Date | null;
}

/**
 * Issues a user's tokens, and begins a session where sessions are kept; both are dated by the decision. A user who was
 * logged out everywhere since the marks were read is refused.
 */
export async function openSession<U extends User>(
  settings: FlowSettings<U>,
  { user, claims, decidedAt, marks, passwordChangedAt }: Opening<U>,
): Promise<LoginResult<U>> {
  const { refresh } = settings;
  const date = await dateTokens(settings, decidedAt, marks.revokedUpTo);
  const sid = refresh === null ? null : newJti(date);
  const access = await issueAccess(settings, user, claims, sid, date);
  await refuseRevoked(settings, access.accessToken);
  if (((await readRevokedUpTo(settings, user.id)) ?? 0) > (marks.revokedUpTo ?? 0)) throw cutOff(settings);
  if (refresh === null || sid === null) return access;
  const refreshToken = firstRefreshToken();
  const { family, token } = digestsOf(refreshToken);
  const createdAt = new Date(date);
  const session: StoredSession = {
    sid,
    userId: user.id,
    createdAt,
    lastUsedAt: createdAt,
    family,
    expiresAt: endOfSession(refresh, date, date),
    passwordChangedAt,
    rotation: writeRotation(beginRotation(token)),
    revision: 0,
    ended: null,
  };
  await storeSession({ ...settings, refresh }, session, marks.endings);
  return { ...access, ...given(refreshToken, session, date) } as SessionResult<U>;
}

/** When a session ends that was created and last used at two instants, unless it is used again. */
export function endOfSession(
  { idleLifetime, absoluteLifetime }: RefreshSettings,
  createdAt: number,
  usedAt: number,
): Date {
  return new Date(Math.min(usedAt + idleLifetime, createdAt + absoluteLifetime));
}

/** A refresh token as the client gets it at an instant. */
export function given(refreshToken: string, { expiresAt }: StoredSession, now: number): GivenRefreshToken {
  return { refreshToken, refreshExpiresIn: Math.floor((expiresAt.getTime() - now) / 1_000) };
}

/** Reads the claims that the application gives a user. */
export async function readClaims<U extends User>({ budget, claims }: FlowSettings<U>, user: U): Promise<object> {
  return budget.ask("claims", async () => claims(user), checkObject);
}

/** Issues a user's access token, dated by an instant. */
export async function issueAccess<U extends User>(
  { token, budget }: FlowSettings<U>,
  user: U,
  claims: object,
  sid: string | null,
  date: number,
): Promise<LoginResult<U>> {
  const own = { ...claims, sub: user.id, ...(sid !== null && { sid }) } as InputOf<TokenProfile>;
  const accessToken = await budget.wait("the claims' schema", issueAt(own, token, date));
  return { accessToken, tokenType: "Bearer", expiresIn: token.expiresIn, user };
}

/**
 * Refuses to hand out a token that a log-out everywhere has cut off already, where the blocklist can't tell up to which
 * instant it did.
 */
export async function refuseRevoked<U extends User>(
  { blocklist, budget }: FlowSettings<U>,
  accessToken: string,
): Promise<void> {
  if (blocklist === null || blocklist.revokedUpTo !== undefined) return;
  const claims = decodeToken(accessToken).claims as unknown as CheckedClaims;
  const reference = { ...referenceOf(claims, claims.sub as string), sid: null }; // about the cut alone
  if (!(await budget.ask("blocklist.isRevoked", () => blocklist.isRevoked(reference), checkBoolean))) return;
  throw new AuthError("unavailable", { cause: new Error("the user's tokens are revoked up to now: send it again") });
}

async function storeSession(settings: SessionSettings, session: StoredSession, endings: number): Promise<void> {
  const { refresh, budget } = settings;
  const { store, maxSessions } = refresh;
  const { sid, userId } = session;
  let started: Promise<unknown> | undefined;
  const start = () => {
    const answer = (async () => store.startSession(session, endings, maxSessions))();
    started = answer;
    return answer;
  };
  let deleted: readonly string[] | null;
  try {
    deleted = await budget.ask("refresh.startSession", start, checkIdsOrNull);
  } catch (outage) {
    // Nobody will hold its token: where it was stored all the same, it goes.
    const forget = () => store.endSession(sid, userId, "logout").then(() => store.deleteSessions(userId, [sid]));
    void started?.then(forget, forget).catch(ignore);
    throw outage;
  }
  if (deleted === null) throw cutOff(settings);
  // They made room for this one. What can't be revoked of them ends by itself.
  await Promise.allSettled(
    deleted.slice(0, MAX_REVOKED_SESSIONS).map((other) => revokeSession(settings, other, userId)),
  );
}

function cutOff({ realm }: { readonly realm: string }): AuthError {
  const cause = new Error("the user was logged out everywhere while this login was under way");
  return new AuthError("invalid_credentials", { realm, cause });
}

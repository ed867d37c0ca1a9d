import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { decodeToken } from "../core/token/decode.ts";
import { issueAt } from "../core/token/issue.ts";
import { newJti } from "../core/token/jti.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import { sleep } from "../shared/promise.ts";
import type { Session, User } from "../stores/contract.ts";
import { isAnything, isBoolean, isObject } from "./answers.ts";
import { ask } from "./ask.ts";
import { referenceOf } from "./identity.ts";
import { type GivenRefreshToken, newRefreshToken } from "./refresh-token.ts";
import type { CommonSettings, FlowSettings } from "./settings.ts";

/** What a good login comes to. */
export interface LoginResult<U extends User = User> {
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

/** Issues a user's tokens, and begins a session where sessions are kept. */
export async function openSession<U extends User>(settings: FlowSettings<U>, user: U): Promise<LoginResult<U>> {
  const { refresh, token, storeTimeoutMs } = settings;
  if (refresh === null) return issueAccess(settings, user, null);
  const now = readClock(token.now);
  const at = new Date(now);
  const session: Session = { sid: newJti(now), userId: user.id, createdAt: at, lastUsedAt: at };
  const access = await issueAccess(settings, user, session.sid);
  const { stored, given } = newRefreshToken(refresh, session, now);
  await ask(
    "refresh.startSession",
    storeTimeoutMs,
    async () => refresh.store.startSession(session, stored),
    isAnything,
  );
  return { ...access, ...given } as SessionResult<U>;
}

/** Issues a user's access token, with the claims that the application gives. */
export async function issueAccess<U extends User>(
  settings: FlowSettings<U>,
  user: U,
  sid: string | null,
): Promise<LoginResult<U>> {
  const { token, storeTimeoutMs } = settings;
  const read = async () => settings.claims(user);
  const given = await ask("claims", storeTimeoutMs, read, isObject);
  const claims = { ...given, sub: user.id, ...(sid !== null && { sid }) } as InputOf<TokenProfile>;
  const accessToken = await issueUncut(settings, claims);
  return { accessToken, tokenType: "Bearer", expiresIn: token.expiresIn, user };
}

/**
 * Issues a token that no log-out everywhere has cut off already. One has where it happened in this very millisecond, or on
 * a machine whose clock is ahead: then the token is issued a moment later.
 */
async function issueUncut(settings: CommonSettings, claims: InputOf<TokenProfile>): Promise<string> {
  const { token, blocklist, storeTimeoutMs } = settings;
  for (let waited = 0, ahead = 0; waited <= storeTimeoutMs; waited += ahead, ahead = ahead * 2 + 1) {
    if (ahead > 1) await sleep(ahead);
    const accessToken = await issueAt(claims, token, readClock(token.now) + Math.min(ahead, 1));
    if (blocklist === null) return accessToken;
    const issued = decodeToken(accessToken).claims as unknown as CheckedClaims;
    const reference = { ...referenceOf(issued, issued.sub as string), sid: null }; // about the cut alone
    const isCut = await ask("blocklist.isRevoked", storeTimeoutMs, () => blocklist.isRevoked(reference), isBoolean);
    if (!isCut) return accessToken;
  }
  throw new AuthError("unavailable", { cause: new Error("the user's tokens are revoked up to an instant to come") });
}

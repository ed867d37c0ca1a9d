import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import {
  type CookieSettings,
  type HeaderReader,
  readCookie,
  refuseCrossSite,
  setCookie,
} from "../authenticator/cookie.ts";
import type { AuthorizationHeader } from "../authenticator/guard.ts";
import type { LoginResult, SessionResult } from "../authenticator/session.ts";
import { AuthError } from "../core/errors.ts";

/** What the handlers need of a request, whatever framework it came through. */
export interface Arrival {
  readonly header: HeaderReader;
  readonly authorization: () => AuthorizationHeader;
  readonly ip: string | undefined;
  /** The parsed body, or a configuration error where nothing parsed it. */
  readonly body: () => unknown;
}

/** What is to be answered. */
export interface Departure {
  readonly status: 200 | 204;
  /** The JSON of a token answer, which no cache may keep. */
  readonly body: object | null;
  /** A Set-Cookie header, beside those of others. */
  readonly cookie: string | null;
}

/** Logs in, or changes the password of, whom the body's credentials name. */
export async function enter(
  auth: Authenticator,
  verb: Authenticator["login"],
  { header, ip, body }: Arrival,
): Promise<Departure> {
  const cookie = cookieOf(auth);
  if (cookie !== null) refuseCrossSite(cookie, header);
  return tokenAnswer(await verb(await body(), { ip }), cookie);
}

/** Refreshes by the token of the cookie, or of the body. */
export async function renew(auth: SessionAuthenticator, { header, body }: Arrival): Promise<Departure> {
  const { cookie } = auth;
  if (cookie === null) {
    const { refresh_token } = ((await body()) ?? {}) as { refresh_token?: unknown };
    return tokenAnswer(await auth.refresh(refresh_token), null);
  }
  refuseCrossSite(cookie, header);
  const token = readCookie(cookie, header);
  if (token === null) throw new AuthError("invalid_refresh_token", { cause: new Error("no cookie was sent") });
  return tokenAnswer(await auth.refresh(token), cookie);
}

/** Logs out by the cookie, which a browser still has when its access token has expired, or else by the access token. */
export async function leave(auth: RevokingAuthenticator, { header, authorization }: Arrival): Promise<Departure> {
  const cookie = cookieOf(auth);
  if (cookie === null) {
    await auth.logout(await auth.authenticate(authorization()));
    return { status: 204, body: null, cookie: null };
  }
  refuseCrossSite(cookie, header);
  const token = readCookie(cookie, header);
  if (token === null) await auth.logout(await auth.authenticate(authorization()));
  else await (auth as SessionAuthenticator).logoutByRefreshToken(token);
  return { status: 204, body: null, cookie: setCookie(cookie, "", 0) };
}

function cookieOf(auth: Authenticator): CookieSettings | null {
  return (auth as Partial<SessionAuthenticator>).cookie ?? null;
}

/** The token answer (RFC 6749 §5.1), with the refresh token in its body or as a cookie. */
function tokenAnswer(result: LoginResult | SessionResult, cookie: CookieSettings | null): Departure {
  const { accessToken, tokenType, expiresIn } = result;
  const body = { access_token: accessToken, token_type: tokenType, expires_in: expiresIn };
  if (!("refreshToken" in result)) return { status: 200, body, cookie: null };
  const { refreshToken, refreshExpiresIn } = result;
  if (cookie === null) return { status: 200, body: { ...body, refresh_token: refreshToken }, cookie: null };
  return { status: 200, body, cookie: setCookie(cookie, refreshToken, refreshExpiresIn) };
}

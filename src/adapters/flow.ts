import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import { AuthError, type AuthErrorCode, isAuthError } from "../core/errors.ts";
import type { AuthorizationHeader } from "../guard/guard.ts";
import type { LoginOrigin } from "../login/origin.ts";
import { deviceCookie, type HeaderReader, readCookies, setCookie } from "../sessions/cookie.ts";
import type { CookieSettings } from "../sessions/cookie-options.ts";
import { refuseCrossSite } from "../sessions/cross-site.ts";
import type { LoginResult, SessionResult } from "../sessions/result.ts";

/** What the handlers need of a request, whatever framework it came through. */
export interface Arrival {
  readonly header: HeaderReader;
  readonly authorization: () => AuthorizationHeader;
  /** The client's address; `undefined` where the framework can't tell. The verb that asks for it tells of its refusals. */
  readonly ip: () => string | undefined;
  /** Whether the client sent a body. */
  readonly hasBody: () => boolean;
  /** The parsed body, or a configuration error where nothing parsed it. */
  readonly body: () => unknown;
}

/** What is to be answered. */
export interface Departure {
  readonly status: 200 | 204;
  /** The JSON of a token answer, which no cache may keep. */
  readonly body: object | null;
  /** Set-Cookie headers, beside those of others. */
  readonly cookies: readonly string[];
}

/** What frameworks that can't tell the client's address are taken to say, so that a throttle refuses to count by it. */
const NO_ADDRESS = "";

/** Where an attempt comes from. The address is asked for within the verb, which tells `onOutage` where that fails. */
function originOf({ ip }: Arrival, tokens: Omit<LoginOrigin, "ip">): LoginOrigin {
  return {
    ...tokens,
    get ip() {
      return ip() ?? NO_ADDRESS;
    },
  };
}

/** Logs a user in, or changes a password, by the body's credentials. The session of a cookie that comes along ends. */
export async function enter(auth: Authenticator, verb: Authenticator["login"], arrival: Arrival): Promise<Departure> {
  const { header, body } = arrival;
  const cookie = cookieOf(auth);
  if (cookie === null) {
    const sent = await body();
    return tokenAnswer(await verb(sent, originOf(arrival, { deviceToken: textIn(sent, "device_token") })), null);
  }
  refuseCrossSite(cookie, header);
  const [refreshToken, deviceToken] = [cookie, deviceCookie(cookie)].map((it) => readCookies(it, header));
  return tokenAnswer(await verb(await body(), originOf(arrival, { refreshToken, deviceToken })), cookie);
}

/** Refreshes by the token of the cookie, or of the body. */
export async function renew(auth: SessionAuthenticator, { header, body }: Arrival): Promise<Departure> {
  const { cookie } = auth;
  if (cookie === null) return tokenAnswer(await auth.refresh(textIn(await body(), "refresh_token")), null);
  refuseCrossSite(cookie, header);
  const tokens = readCookies(cookie, header);
  if (tokens.length === 0) throw new AuthError("invalid_refresh_token", { cause: new Error("no cookie was sent") });
  try {
    return tokenAnswer(await auth.refresh(tokens), cookie);
  } catch (error) {
    throw isAuthError(error) && error.expose ? takingAway(cookie, error) : error;
  }
}

/** The refusal of a cookie, which takes the cookie away: a browser would send it for ever. */
function takingAway(cookie: CookieSettings, { code, cause, headers }: AuthError): AuthError {
  return new AuthError(code, { cause, headers: { ...headers, "Set-Cookie": setCookie(cookie, "", 0) } });
}

/** Refusals which say that the access token was good once, so that nothing is left to log out of. */
const DEAD: ReadonlySet<AuthErrorCode> = new Set(["expired", "revoked"]);

/**
 * Logs out by all that the request shows: the refresh token in the cookie or the body, which a client still has when its
 * access token has expired, and the access token.
 */
export async function leave(auth: RevokingAuthenticator, arrival: Arrival): Promise<Departure> {
  const { header, authorization } = arrival;
  const cookie = cookieOf(auth);
  if (cookie !== null) refuseCrossSite(cookie, header);
  const tokens = cookie === null ? await readSent(auth, arrival) : readCookies(cookie, header);
  const isDone = tokens.length > 0 && (await (auth as SessionAuthenticator).logoutByRefreshToken(tokens));
  try {
    const identity = await auth[tokens.length > 0 ? "authenticateOptional" : "authenticate"](authorization());
    if (identity !== null) await auth.logout(identity);
  } catch (error) {
    if (!isAuthError(error) || !error.expose) throw error;
    const isOver = isDone || (tokens.length > 0 && DEAD.has(error.code));
    if (!isOver) throw cookie !== null && tokens.length > 0 ? takingAway(cookie, error) : error;
  }
  return { status: 204, body: null, cookies: cookie === null ? [] : [setCookie(cookie, "", 0)] };
}

/** The refresh token that a log-out's body may hold. Whoever sends no body needs no parser for it. */
async function readSent(auth: RevokingAuthenticator, { hasBody, body }: Arrival): Promise<readonly string[]> {
  if (!("refresh" in auth) || !hasBody()) return [];
  const token = textIn(await body(), "refresh_token");
  return token === undefined ? [] : [token];
}

/** One token of a body, if any: a list of them is for cookies. */
function textIn(body: unknown, name: "refresh_token" | "device_token"): string | undefined {
  const token = (body as Record<string, unknown> | null | undefined)?.[name];
  return typeof token === "string" && token !== "" ? token : undefined;
}

function cookieOf(auth: Authenticator): CookieSettings | null {
  return (auth as Partial<SessionAuthenticator>).cookie ?? null;
}

/** The token answer (RFC 6749 §5.1), with the refresh token and the device token in its body or as cookies. */
function tokenAnswer(result: LoginResult | SessionResult, cookie: CookieSettings | null): Departure {
  const { accessToken, tokenType, expiresIn, deviceToken } = result;
  const body = { access_token: accessToken, token_type: tokenType, expires_in: expiresIn };
  const refresh = "refreshToken" in result ? result : null;
  if (cookie === null || refresh === null) {
    const others = { refresh_token: refresh?.refreshToken, device_token: deviceToken }; // JSON leaves out what is undefined
    return { status: 200, body: { ...body, ...others }, cookies: [] };
  }
  const cookies = [setCookie(cookie, refresh.refreshToken, refresh.refreshExpiresIn)];
  if (deviceToken !== undefined) {
    cookies.push(setCookie(deviceCookie(cookie), deviceToken, result.deviceExpiresIn as number));
  }
  return { status: 200, body, cookies };
}

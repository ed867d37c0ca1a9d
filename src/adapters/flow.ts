import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import { AuthError, type AuthErrorCode, isAuthError } from "../core/errors.ts";
import { readCookies, toDeviceCookie, writeCookie } from "../core/http/cookie.ts";
import type { CookieSettings } from "../core/http/cookie-options.ts";
import { refuseCrossSite } from "../core/http/cross-site.ts";
import type { LoginOrigin } from "../login/origin.ts";
import type { SessionOptions } from "../sessions/session-options.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";
import type { User } from "../stores/contract.ts";
import { checkAuthenticator } from "./checks.ts";
import { type FlowHandler, findCookie, listCookies, rejectWithErrors } from "./handler.ts";
import { checkRequestProof } from "./proof.ts";
import type { AdapterRequest } from "./request.ts";
import type { AdapterResponse } from "./response.ts";
import { formatTokens } from "./token-answer.ts";

/** The options of the sessions that a handler begins. */
export interface LoginOptions {
  /**
   * Gives the options of a login's session, from what the client sent: whether it is persistent, how long it may live,
   * and its device. Nothing is read from the body for it by default. It is called before the password is checked, so
   * don't rely on who the user is.
   *
   * @example
   * ```ts
   * const session: LoginOptions["session"] = (body, request) => ({
   *   persistent: (body as { remember?: unknown }).remember === true,
   *   device: { userAgent: request.header("user-agent") ?? undefined, address: request.ip() },
   * });
   * ```
   */
  readonly session?: (body: unknown, request: AdapterRequest) => SessionOptions | Promise<SessionOptions>;
}

const LOGIN_OPTIONS: OptionNames<LoginOptions> = { session: "optional" };

/**
 * Makes the handler of logins. It reads `{ login, password }` from the body and answers with the tokens (RFC 6749
 * §5.1). It ends the session of the request's cookie.
 *
 * @throws TypeError when `auth` is not an authenticator, or an option is misspelt or not a function
 *
 * @example
 * ```ts
 * const response = await handleLogin(auth)(request);
 * ```
 */
export function handleLogin<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  options: LoginOptions = {},
  ...extra: []
): FlowHandler {
  checkAuthenticator("login", auth, extra);
  checkOptions("login", options, LOGIN_OPTIONS);
  const { session = useDefaults } = options;
  checkFunction("login: session", session, "(body, request) => ({ persistent: body.remember === true })");
  return rejectWithErrors((request) => handleCredentials(auth, auth.login, request, session));
}

/** Gives no options of a session, so that it has the defaults. */
function useDefaults(): SessionOptions {
  return {};
}

/**
 * Makes the handler of changes of a password. It reads `{ login, password, newPassword }` from the body, ends all of
 * the user's sessions, begins another one, and answers with its tokens.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * const response = await handleChangePassword(auth)(request);
 * ```
 */
export function handleChangePassword<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  ...extra: []
): FlowHandler {
  checkAuthenticator("changePassword", auth, extra);
  return rejectWithErrors((request) => handleCredentials(auth, auth.changePassword, request));
}

/** A refresh that was refused by one of these may be tried again with another proof, so its cookie stays. */
const PROOF_REFUSALS: ReadonlySet<AuthErrorCode> = new Set(["invalid_dpop_proof", "use_dpop_nonce"]);

/**
 * Makes the handler of refreshes. It takes the refresh token from the cookie where the authenticator has one, else
 * `{ refresh_token }` from the body, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * const response = await handleRefresh(auth)(request);
 * ```
 */
export function handleRefresh<Claims, U extends User>(
  auth: SessionAuthenticator<Claims, U>,
  ...extra: []
): FlowHandler {
  checkAuthenticator("refresh", auth, extra);
  return rejectWithErrors(async (request) => {
    const { header, body } = request;
    const { cookie } = auth;
    for (const it of listCookies(auth)) refuseCrossSite(it, header);
    const proof = await checkRequestProof(auth, request);
    if (cookie === null)
      return formatTokens(await auth.refresh(readBodyToken(await body(), "refresh_token"), proof), auth, request);
    const tokens = readCookies(cookie, header);
    if (tokens.length === 0) throw new AuthError("invalid_refresh_token", { cause: new Error("no cookie was sent") });
    try {
      return formatTokens(await auth.refresh(tokens, proof), auth, request);
    } catch (error) {
      const isOver = isAuthError(error) && error.expose && !PROOF_REFUSALS.has(error.code);
      throw isOver ? clearCookie(cookie, error) : error;
    }
  });
}

/** Refusals of access tokens that were valid once, so that there is nothing left to log out of. */
const ENDED_TOKENS: ReadonlySet<AuthErrorCode> = new Set(["expired", "revoked"]);

/**
 * Makes the handler of logouts. It ends the session of the refresh token, in the cookie or the body, which a client
 * still has when its access token has expired. It also ends the session of the access token. It answers 204 once that
 * is stored.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * const response = await handleLogout(auth)(request);
 * ```
 */
export function handleLogout<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  ...extra: []
): FlowHandler {
  checkAuthenticator("logout", auth, extra);
  return rejectWithErrors(async (request) => {
    const { header, authRequest } = request;
    const cookie = findCookie(auth);
    const cookies = listCookies(auth);
    for (const it of cookies) refuseCrossSite(it, header);
    const tokens = cookie === null ? await readSentToken(auth, request) : readCookies(cookie, header);
    const hasEndedSession =
      tokens.length > 0 && (await (auth as SessionAuthenticator<Claims, U>).logoutByRefreshToken(tokens));
    try {
      const identity = await auth[tokens.length > 0 ? "authenticateOptional" : "authenticate"](authRequest());
      if (identity !== null) await auth.logout(identity);
    } catch (error) {
      if (!isAuthError(error) || !error.expose) throw error;
      const isOver = (hasEndedSession && error.status === 401) || (tokens.length > 0 && ENDED_TOKENS.has(error.code));
      // One error clears one cookie. If both were refused, the next log-out clears the other one.
      const refused = cookies.find((it) => readCookies(it, header).length > 0);
      if (!isOver) throw refused === undefined ? error : clearCookie(refused, error);
    }
    return { status: 204, headers: {}, cookies: cookies.map((it) => writeCookie(it, "", 0)), body: null };
  });
}

async function handleCredentials<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  verb: Authenticator<Claims, U>["login"],
  request: AdapterRequest,
  session: NonNullable<LoginOptions["session"]> = useDefaults,
): Promise<AdapterResponse> {
  const { header } = request;
  const cookie = findCookie(auth);
  for (const it of listCookies(auth)) refuseCrossSite(it, header);
  const proof = await checkRequestProof(auth, request);
  if (cookie === null) {
    const body = await request.body();
    const origin = describeOrigin(request, { deviceToken: readBodyToken(body, "device_token") });
    return formatTokens(await verb(body, origin, { ...(await session(body, request)), ...proof }), auth, request);
  }
  const [refreshToken, deviceToken] = [cookie, toDeviceCookie(cookie)].map((it) => readCookies(it, header));
  const body = await request.body();
  const origin = describeOrigin(request, { refreshToken, deviceToken });
  return formatTokens(await verb(body, origin, { ...(await session(body, request)), ...proof }), auth, request);
}

/** The address where the framework does not know the client's: a throttle refuses to count by it. */
const NO_ADDRESS = "";

/**
 * Describes where an attempt comes from. The method of the authenticator reads the address, and so reports to
 * `onOutage` if that fails.
 */
function describeOrigin({ ip }: AdapterRequest, tokens: Omit<LoginOrigin, "ip">): LoginOrigin {
  return {
    ...tokens,
    get ip() {
      return ip() ?? NO_ADDRESS;
    },
  };
}

/** Makes the refusal of a cookie clear that cookie, since a browser would go on sending it. */
function clearCookie(cookie: CookieSettings, { code, cause, headers }: AuthError): AuthError {
  return new AuthError(code, { cause, headers: { ...headers, "Set-Cookie": writeCookie(cookie, "", 0) } });
}

/** Reads the refresh token that the body of a logout may hold. A request without a body needs no parser. */
async function readSentToken(auth: object, { hasBody, body }: AdapterRequest): Promise<readonly string[]> {
  if (!("refresh" in auth) || !hasBody()) return [];
  const token = readBodyToken(await body(), "refresh_token");
  return token === undefined ? [] : [token];
}

/** Reads one token of a body, if there is any. Only cookies come as a list. */
function readBodyToken(body: unknown, name: "refresh_token" | "device_token"): string | undefined {
  const token = (body as Record<string, unknown> | null | undefined)?.[name];
  return typeof token === "string" && token !== "" ? token : undefined;
}

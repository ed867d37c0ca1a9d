/**
 * Decorators and handlers for everything that turns a `Request` into a `Response`: Hono, Next, Bun, Deno. Since there is
 * no framework here to answer an {@link AuthError}, they answer it themselves, as JSON; any other error is thrown on.
 *
 * @module
 */
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { Guard } from "../authenticator/guard.ts";
import type { Identity } from "../authenticator/identity.ts";
import type { Recognition } from "../authenticator/promised.ts";
import { AuthError, isAuthError } from "../core/errors.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import type { User } from "../stores/contract.ts";
import { isJson } from "./body.ts";
import { checkChangePassword, checkGuard, checkLogin, checkLogout, checkRefresh } from "./checks.ts";
import { type Arrival, type Departure, enter, leave, renew } from "./flow.ts";
import { authorizePass, checkScopes, identityFrom, leavePass } from "./pass.ts";

/** A handler that is told who is asking, beside whatever its router passes. */
export type AuthHandler<Auth, Rest extends unknown[]> = (
  request: Request,
  auth: Auth,
  ...rest: Rest
) => Response | Promise<Response>;

/** What the handlers can't read from a `Request`. */
export interface FetchOptions {
  /** The client's address, which the throttle counts by: a runtime tells it in a way of its own. Not known by default. */
  readonly address?: (request: Request) => string | undefined;
}

const OPTIONS: OptionNames<FetchOptions> = { address: "optional" };

/** A handler as routers take it. */
export type FetchHandler<Rest extends unknown[] = []> = (request: Request, ...rest: Rest) => Promise<Response>;

/**
 * Wraps a handler so that only requests with a good token reach it.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * const me = requireAuth(guard)((request, auth) => Response.json({ id: auth.userId }));
 * ```
 */
export function requireAuth<Claims>(
  guard: Guard<Claims>,
): <Rest extends unknown[]>(handler: AuthHandler<Identity<Claims>, Rest>) => FetchHandler<Rest> {
  checkGuard(guard);
  return recognise(guard, "authenticate");
}

/**
 * As {@link requireAuth}, but a request without a credential reaches the handler too, with `null` for the identity. A bad
 * credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * const feed = optionalAuth(guard)((request, auth) => Response.json({ personal: auth !== null }));
 * ```
 */
export function optionalAuth<Claims>(
  guard: Guard<Claims>,
): <Rest extends unknown[]>(handler: AuthHandler<Identity<Claims> | null, Rest>) => FetchHandler<Rest> {
  checkGuard(guard);
  return recognise(guard, "authenticateOptional");
}

/**
 * Wraps a handler so that only tokens with all the scopes reach it. Goes inside {@link requireAuth}.
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * const createOrder = requireAuth(guard)(requireScope("orders:write")((request, auth) => Response.json({ by: auth.userId })));
 * ```
 */
export function requireScope(
  ...scopes: string[]
): <Auth extends Identity | null, Rest extends unknown[]>(
  handler: AuthHandler<Auth, Rest>,
) => (request: Request, auth: Auth, ...rest: Rest) => Promise<Response> {
  checkScopes(scopes);
  return (handler) =>
    async (request, auth, ...rest) =>
      answered(() => {
        authorizePass(request, scopes);
        return handler(request, auth, ...rest);
      });
}

/**
 * Handles a login: reads `{ login, password }` from a JSON body of at most 64 KiB and answers with the token (RFC 6749
 * §5.1).
 *
 * @throws TypeError when the authenticator is none
 *
 * @example
 * ```ts
 * const routes = { "POST /login": login(auth) };
 * ```
 */
export function login<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  options: FetchOptions = {},
): FetchHandler {
  checkLogin(auth);
  return instead((arrival) => enter(auth, auth.login, arrival), options);
}

/**
 * Handles a refresh: takes the refresh token from the cookie where the authenticator has one, else `{ refresh_token }` from
 * a JSON body of at most 64 KiB, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * const routes = { "POST /refresh": refresh(auth) };
 * ```
 */
export function refresh<Claims, U extends User>(auth: SessionAuthenticator<Claims, U>): FetchHandler {
  checkRefresh(auth);
  return instead((arrival) => renew(auth, arrival));
}

/**
 * Handles a change of password: reads `{ login, password, newPassword }` from a JSON body of at most 64 KiB, ends all of the user's
 * sessions, begins a new one, and answers with its tokens.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * const routes = { "POST /password": changePassword(auth) };
 * ```
 */
export function changePassword<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: FetchOptions = {},
): FetchHandler {
  checkChangePassword(auth);
  return instead((arrival) => enter(auth, auth.changePassword, arrival), options);
}

/**
 * Handles a logout: ends the sessions of all that the request shows, the refresh token in the cookie or the body and the
 * access token, and answers 204 once that is stored.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * const routes = { "POST /logout": logout(auth) };
 * ```
 */
export function logout<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>): FetchHandler {
  checkLogout(auth);
  return instead((arrival) => leave(auth, arrival));
}

/**
 * The identity that `requireAuth` of this guard found for a request, for code that was not handed it.
 *
 * @throws TypeError when that `requireAuth` is not around the handler
 *
 * @example
 * ```ts
 * const { userId, claims } = authOf(request, guard);
 * ```
 */
export function authOf<Claims>(request: Request, guard: Guard<Claims>): Identity<Claims> {
  return identityFrom(request, guard);
}

function recognise<Auth extends Identity | null>(
  guard: Guard,
  recognition: Recognition,
): <Rest extends unknown[]>(handler: AuthHandler<Auth, Rest>) => FetchHandler<Rest> {
  return (handler) =>
    (request, ...rest) =>
      answered(async () => {
        const found = await guard[recognition](request.headers.get("authorization"));
        return handler(request, leavePass(request, guard, recognition, found as Auth), ...rest);
      });
}

function instead(work: (arrival: Arrival) => Promise<Departure>, options: FetchOptions = {}): FetchHandler {
  checkOptions("options", options, OPTIONS);
  return (request) =>
    answered(async () => {
      const { status, body, cookies } = await work(arrivalOf(request, options));
      const headers = new Headers(cookies.map((cookie) => ["Set-Cookie", cookie]));
      if (body === null) return new Response(null, { status, headers });
      headers.set("Cache-Control", "no-store");
      return Response.json(body, { status, headers });
    });
}

function arrivalOf(request: Request, { address }: FetchOptions): Arrival {
  const { headers, url } = request;
  return {
    header: (name) => headers.get(name) ?? (name === "host" ? new URL(url).host : null),
    authorization: () => headers.get("authorization"),
    ip: address?.(request),
    hasBody: () => request.body !== null,
    body: () => readBody(request),
  };
}

async function answered(work: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return Response.json(error, { status: error.status, headers: error.headers });
  }
}

const LONGEST_BODY = 65_536;

/** A request's JSON; `undefined` where it has none, or too much of it. */
async function readBody(request: Request): Promise<unknown> {
  if (request.bodyUsed) throw new TypeError("hallpass reads the request's body itself: give it the request unread");
  const contentType = request.headers.get("content-type");
  if (contentType !== null && !isJson(contentType)) throw new AuthError("unsupported_media_type");
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > LONGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

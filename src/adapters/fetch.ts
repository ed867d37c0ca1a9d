/**
 * Decorators and handlers for everything that turns a `Request` into a `Response`: Hono, Next, Bun, Deno. Since there is
 * no framework here to answer an {@link AuthError}, they answer it themselves, as JSON; any other error is thrown on. Put
 * {@link errorHandler} around them to have outages logged.
 *
 * @module
 */

import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import { AuthError, isAuthError } from "../core/errors.ts";
import type { Guard, Recognition } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import { MAX_BODY_BYTES } from "../shared/limits.ts";
import type { User } from "../stores/contract.ts";
import { type AddressReader, addressReader, type FetchOptions } from "./address.ts";
import { isJson } from "./body.ts";
import { checkChangePassword, checkGuard, checkLogin, checkLogout, checkRefresh } from "./checks.ts";
import { type ErrorHandlerOptions, headersOf, recogniser } from "./failure.ts";
import { type Arrival, type Departure, enter, leave, renew } from "./flow.ts";
import { authorizePass, checkScopes, identityFrom, leavePass, optionalIdentityFrom } from "./pass.ts";
import { checkRequest } from "./web-request.ts";

export type { FetchOptions } from "./address.ts";
export type { ErrorHandlerOptions } from "./failure.ts";

/** A handler that is told who is asking, beside whatever its router passes. */
export type AuthHandler<Auth, Rest extends unknown[]> = (
  request: Request,
  auth: Auth,
  ...rest: Rest
) => Response | Promise<Response>;

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
  checkGuard("requireAuth", guard);
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
  checkGuard("optionalAuth", guard);
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
      answered(request, () => {
        authorizePass(request, scopes);
        return handler(request, auth, ...rest);
      });
}

/**
 * Handles a login: reads `{ login, password }` from a JSON body of at most 64 KiB and answers with the token (RFC 6749
 * §5.1).
 *
 * @throws TypeError when the authenticator is none, or has a throttle and there is no `address` to count by
 *
 * @example
 * ```ts
 * const routes = { "POST /login": login(auth, { address: (request, server: Bun.Server) => server.requestIP(request)?.address }) };
 * ```
 */
export function login<Claims, U extends User, Rest extends unknown[] = []>(
  auth: Authenticator<Claims, U>,
  options: FetchOptions<Rest> = {},
): FetchHandler<Rest> {
  checkLogin(auth);
  return instead((arrival) => enter(auth, auth.login, arrival), addressReader("login", auth, options));
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
 * @throws TypeError when the authenticator has neither blocklist nor sessions, or has a throttle and there is no `address` to
 * count by
 *
 * @example
 * ```ts
 * const routes = { "POST /password": changePassword(auth, { address }) };
 * ```
 */
export function changePassword<Claims, U extends User, Rest extends unknown[] = []>(
  auth: RevokingAuthenticator<Claims, U>,
  options: FetchOptions<Rest> = {},
): FetchHandler<Rest> {
  checkChangePassword(auth);
  return instead(
    (arrival) => enter(auth, auth.changePassword, arrival),
    addressReader("changePassword", auth, options),
  );
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
  checkRequest(request);
  return identityFrom(request, guard);
}

/**
 * The identity that `optionalAuth` of this guard found for a request, for code that was not handed it; `null` where nobody said.
 *
 * @throws TypeError when that `optionalAuth` is not around the handler
 *
 * @example
 * ```ts
 * const userId = optionalAuthOf(request, guard)?.userId ?? "anonymous";
 * ```
 */
export function optionalAuthOf<Claims>(request: Request, guard: Guard<Claims>): Identity<Claims> | null {
  checkRequest(request);
  return optionalIdentityFrom(request, guard);
}

/**
 * Wraps a handler so that every {@link AuthError} that is thrown in it is answered as JSON, `{ error, message }`, with its status
 * and headers, and those of 500 and above are logged with their cause, also where a handler of this module has answered them
 * already: around a whole router, as long as that hands the answer on as it is. Any other error is thrown on.
 *
 * @throws TypeError when an option is misspelt or no function
 *
 * @example
 * ```ts
 * const answering = errorHandler({ log: (error, request) => logger.error({ error, cause: error.cause, url: request.url }) });
 * const routes = { "POST /login": answering(login(auth)), "GET /me": answering(requireAuth(auth)(me)) };
 * ```
 */
export function errorHandler(
  options: ErrorHandlerOptions<Request> = {},
): <Rest extends unknown[]>(
  handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
) => FetchHandler<Rest> {
  const isOurs = recogniser(options);
  return (handler) =>
    async (request, ...rest) => {
      const response = await answered(request, () => handler(request, ...rest));
      isOurs(answeredBy.get(response), request);
      return response;
    };
}

function recognise<Auth extends Identity | null>(
  guard: Guard,
  recognition: Recognition,
): <Rest extends unknown[]>(handler: AuthHandler<Auth, Rest>) => FetchHandler<Rest> {
  return (handler) =>
    (request, ...rest) =>
      answered(request, async () => {
        const found = await guard[recognition](request.headers.get("authorization"));
        return handler(request, leavePass(request, guard, recognition, found as Auth), ...rest);
      });
}

function instead<Rest extends unknown[]>(
  work: (arrival: Arrival) => Promise<Departure>,
  readAddress: AddressReader<Rest> = () => () => undefined,
): FetchHandler<Rest> {
  return (request, ...rest) =>
    answered(request, async () => {
      const { status, body, cookies } = await work(arrivalOf(request, readAddress(request, ...rest)));
      const headers = new Headers(cookies.map((cookie) => ["Set-Cookie", cookie]));
      if (body === null) return new Response(null, { status, headers });
      headers.set("Cache-Control", "no-store");
      return Response.json(body, { status, headers });
    });
}

function arrivalOf(request: Request, ip: () => string | undefined): Arrival {
  const { headers, url } = request;
  return {
    header: (name) => headers.get(name) ?? (name === "host" ? new URL(url).host : null),
    authorization: () => headers.get("authorization"),
    ip,
    hasBody: () => request.body !== null,
    body: () => readBody(request),
  };
}

/** The refusals that were answered, by their answers. */
const answeredBy = new WeakMap<Response, AuthError>();

async function answered(request: Request, work: () => Response | Promise<Response>): Promise<Response> {
  checkRequest(request);
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    const response = Response.json(error, { status: error.status, headers: headersOf(error) });
    answeredBy.set(response, error);
    return response;
  }
}

/** A request's JSON; `undefined` where it has none, or too much of it. */
async function readBody(request: Request): Promise<unknown> {
  if (request.bodyUsed) throw new TypeError("hallpass reads the request's body itself: give it the request unread");
  const contentType = request.headers.get("content-type");
  if (contentType !== null && !isJson(contentType)) throw new AuthError("unsupported_media_type");
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

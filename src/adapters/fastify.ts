/**
 * Hooks and handlers for Fastify 5. They only translate: every refusal is thrown, and {@link errorHandler} answers it; without
 * that, Fastify does, in JSON of its own, with the error's own status and headers.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import { AuthError } from "../core/errors.ts";
import type { Guard, Recognition } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import { immediateAnswer } from "../guard/immediate.ts";
import type { User } from "../stores/contract.ts";
import { hasBody, parsedBody } from "./body.ts";
import { checkChangePassword, checkGuard, checkLogin, checkLogout, checkRefresh } from "./checks.ts";
import { type ErrorHandlerOptions, headersOf, recogniser } from "./failure.ts";
import { type Arrival, type Departure, enter, leave, renew } from "./flow.ts";
import { authorizationOf, headerOf } from "./headers.ts";
import { authorizePass, checkScopes, identityFrom, leavePass, optionalIdentityFrom, showIdentity } from "./pass.ts";

export type { ErrorHandlerOptions } from "./failure.ts";

/** A hook for `onRequest`, where it comes before the body is read. */
export type FastifyHook = (request: FastifyRequest) => Promise<void>;

/** A route's handler. */
export type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** An error handler, for `setErrorHandler`. */
export type FastifyErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * Lets a request pass that carries a good token; refuses any other. For `onRequest`. {@link authOf} gives the handlers behind it
 * who is asking. `request.auth` has that too, unless a later plugin sets it; its type is in `hallpass/fastify/auth`.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * app.get("/me", { onRequest: requireAuth(guard) }, async (request) => ({ id: authOf(request, guard).userId }));
 * ```
 */
export function requireAuth(guard: Guard): FastifyHook {
  checkGuard("requireAuth", guard);
  return recognise(guard, "authenticate");
}

/**
 * As {@link requireAuth}, but a request without a credential passes too: {@link optionalAuthOf} and `request.auth` are `null`
 * then. A bad credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * app.get("/feed", { onRequest: optionalAuth(guard) }, async (request) => ({
 *   personal: optionalAuthOf(request, guard) !== null,
 * }));
 * ```
 */
export function optionalAuth(guard: Guard): FastifyHook {
  checkGuard("optionalAuth", guard);
  return recognise(guard, "authenticateOptional");
}

/**
 * Lets a request pass whose token has all the scopes. Goes behind {@link requireAuth}.
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * app.post("/orders", { onRequest: [requireAuth(guard), requireScope("orders:write")] }, createOrder);
 * ```
 */
export function requireScope(...scopes: string[]): FastifyHook {
  checkScopes(scopes);
  return async (request) => authorizePass(request, scopes);
}

/**
 * Handles a login: reads `{ login, password }` from the JSON body, which Fastify parses by itself, and answers with the
 * token (RFC 6749 §5.1).
 *
 * @throws TypeError when the authenticator is none
 *
 * @example
 * ```ts
 * app.post("/login", login(auth));
 * ```
 */
export function login<Claims, U extends User>(auth: Authenticator<Claims, U>): FastifyHandler {
  checkLogin(auth);
  return instead((arrival) => enter(auth, auth.login, arrival));
}

/**
 * Handles a refresh: takes the refresh token from the cookie where the authenticator has one, else `{ refresh_token }` from
 * the JSON body, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * app.post("/refresh", refresh(auth));
 * ```
 */
export function refresh<Claims, U extends User>(auth: SessionAuthenticator<Claims, U>): FastifyHandler {
  checkRefresh(auth);
  return instead((arrival) => renew(auth, arrival));
}

/**
 * Handles a change of password: reads `{ login, password, newPassword }` from the JSON body, ends all of the user's
 * sessions, begins a new one, and answers with its tokens.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/password", changePassword(auth));
 * ```
 */
export function changePassword<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>): FastifyHandler {
  checkChangePassword(auth);
  return instead((arrival) => enter(auth, auth.changePassword, arrival));
}

/**
 * Handles a logout: ends the sessions of all that the request shows, the refresh token in the cookie or the body and the
 * access token, and answers 204 once that is stored.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/logout", logout(auth));
 * ```
 */
export function logout<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>): FastifyHandler {
  checkLogout(auth);
  return instead((arrival) => leave(auth, arrival));
}

/**
 * The identity that `requireAuth` of this guard found, in the types of its token profile.
 *
 * @throws TypeError when that `requireAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const { userId, claims } = authOf(request, guard);
 * ```
 */
export function authOf<Claims>(request: FastifyRequest, guard: Guard<Claims>): Identity<Claims> {
  return identityFrom(request, guard);
}

/**
 * The identity that `optionalAuth` of this guard found, in the types of its token profile; `null` where nobody said.
 *
 * @throws TypeError when that `optionalAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const userId = optionalAuthOf(request, guard)?.userId ?? "anonymous";
 * ```
 */
export function optionalAuthOf<Claims>(request: FastifyRequest, guard: Guard<Claims>): Identity<Claims> | null {
  return optionalIdentityFrom(request, guard);
}

/**
 * Answers every `AuthError` as JSON, `{ error, message }`, with its status and headers, beside those that were set before
 * (CORS), and logs those of 500 and above with their cause. For `setErrorHandler`. Any other error is thrown on, to the error
 * handler of the context around it or to Fastify's own.
 *
 * @throws TypeError when an option is misspelt or no function
 *
 * @example
 * ```ts
 * app.setErrorHandler(errorHandler({ log: (error, request) => request.log.error(error) }));
 * ```
 */
export function errorHandler(options: ErrorHandlerOptions<FastifyRequest> = {}): FastifyErrorHandler {
  const isOurs = recogniser(options);
  return (thrown, request, reply) => {
    const error = isRefusedByParser(thrown, request)
      ? new AuthError("unsupported_media_type", { cause: thrown })
      : thrown;
    if (!isOurs(error, request)) throw error;
    return reply.code(error.status).headers(headersOf(error)).send(error.toJSON());
  };
}

/** The name of our handlers, by which a route is known for ours: Fastify binds each handler, which leaves only its name. */
const HANDLER = "hallpass handler";

/** Whether Fastify refused a body of one of our routes, for which it has no parser, before our handler could. */
function isRefusedByParser(error: unknown, { routeOptions }: FastifyRequest): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" && routeOptions.handler.name === `bound ${HANDLER}`;
}

function recognise(guard: Guard, recognition: Recognition): FastifyHook {
  return async (request) => {
    const header = authorizationOf(request.headers, request.raw.rawHeaders);
    const answer = immediateAnswer(guard, recognition);
    const found = answer === undefined ? await guard[recognition](header) : answer(header);
    showIdentity(request, leavePass(request, guard, recognition, found));
  };
}

function instead(work: (arrival: Arrival) => Promise<Departure>): FastifyHandler {
  const handler: FastifyHandler = async (request, reply) => {
    const { status, body, cookies } = await work(arrivalOf(request));
    for (const cookie of cookies) reply.header("Set-Cookie", cookie);
    if (body !== null) reply.header("Cache-Control", "no-store");
    return reply.code(status).send(body ?? undefined);
  };
  return Object.defineProperty(handler, "name", { value: HANDLER });
}

function arrivalOf({ headers, raw, ip, body }: FastifyRequest): Arrival {
  return {
    header: (name) => headerOf(headers, name),
    authorization: () => authorizationOf(headers, raw.rawHeaders),
    ip: () => ip,
    hasBody: () => hasBody(headers, body),
    body: () => parsedBody(body, headers["content-type"]),
  };
}

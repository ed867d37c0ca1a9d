/**
 * Decorators and handlers for everything that turns a `Request` into a `Response`: Hono, Next, Bun, Deno. Since there
 * is no framework here to answer an `AuthError`, they answer it themselves, as JSON; any other error is rethrown.
 * Put {@link errorHandler} around them to have outages logged.
 *
 * @module
 */

import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import { isAuthError } from "../core/errors.ts";
import type { ProtectedResource } from "../core/http/protected-resource.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import type { LiveKeys } from "../core/keys/source.ts";
import { checkRules } from "../guard/check-rules.ts";
import type { Guard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import type { Rule } from "../guard/rule.ts";
import { askForScopes } from "../guard/rules.ts";
import type { OptionNames } from "../shared/options.ts";
import { keepOwn, readOwn } from "../shared/own-mark.ts";
import type { StatusList } from "../status-list/status-list.ts";
import type { User } from "../stores/contract.ts";
import { type AddressReader, createAddressReader, type FetchOptions, readNoAddress } from "./address.ts";
import { type BodyChunks, readJsonBody } from "./body.ts";
import { checkGuard } from "./checks.ts";
import { createErrorResponder, type ErrorHandlerOptions } from "./errors.ts";
import { handleChangePassword, handleLogin, handleLogout, handleRefresh, type LoginOptions } from "./flow.ts";
import { readFormBody } from "./form.ts";
import { type Access, admitRequest, authorizeRules, recallIdentity, recallOptionalIdentity } from "./identity.ts";
import { handleIntrospect, type IntrospectOptions } from "./introspect.ts";
import { handleJwks, type JwksOptions } from "./jwks.ts";
import type { PublishOptions } from "./publish.ts";
import type { AdapterRequest } from "./request.ts";
import { handleResourceMetadata } from "./resource-metadata.ts";
import { type AdapterResponse, formatRefusal } from "./response.ts";
import { handleRevoke, type RevokeOptions } from "./revoke.ts";
import { handleProof, type Proven } from "./session.ts";
import { handleStatusList } from "./status-list.ts";
import { checkRequest } from "./web-request.ts";

export type { FetchOptions } from "./address.ts";
export type { ErrorHandlerOptions } from "./errors.ts";
export type { LoginOptions } from "./flow.ts";
export type { IntrospectOptions } from "./introspect.ts";
export type { JwksOptions } from "./jwks.ts";
export type { PublishOptions } from "./publish.ts";
export type { RevokeOptions } from "./revoke.ts";
export type { Proven, ProvenUser } from "./session.ts";

/** A handler that gets the identity, and whatever its router passes. */
export type AuthHandler<Auth, Rest extends unknown[]> = (
  request: Request,
  auth: Auth,
  ...rest: Rest
) => Response | Promise<Response>;

/** A handler as routers take it. */
export type FetchHandler<Rest extends unknown[] = []> = (request: Request, ...rest: Rest) => Promise<Response>;

/**
 * Wraps a handler so that only requests with a valid token reach it.
 *
 * @param rules - the rules that the identity must fit, all of them: `scopes`, `where`, `fresh`, …
 * @throws TypeError when `guard` is not a guard, or another argument is not a rule
 *
 * @example
 * ```ts
 * const me = requireAuth(guard)((request, auth) => Response.json({ id: auth.userId }));
 * ```
 */
export function requireAuth<Claims>(
  guard: Guard<Claims>,
  ...rules: readonly Rule<Request>[]
): <Rest extends unknown[]>(handler: AuthHandler<Identity<Claims>, Rest>) => FetchHandler<Rest> {
  checkGuard("requireAuth", guard);
  checkRules("requireAuth", rules, 0);
  return recognise({ guard, recognition: "authenticate", rules });
}

/**
 * As {@link requireAuth}, but a request without a credential reaches the handler too, with `null` for the identity. A
 * bad credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when `guard` is not a guard, or not the only argument
 *
 * @example
 * ```ts
 * const feed = optionalAuth(guard)((request, auth) => Response.json({ personal: auth !== null }));
 * ```
 */
export function optionalAuth<Claims>(
  guard: Guard<Claims>,
  ...extra: []
): <Rest extends unknown[]>(handler: AuthHandler<Identity<Claims> | null, Rest>) => FetchHandler<Rest> {
  checkGuard("optionalAuth", guard, extra);
  return recognise({ guard, recognition: "authenticateOptional", rules: [] });
}

/**
 * Wraps a handler so that only tokens with all the scopes reach it. Goes inside {@link requireAuth}.
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * const mayOrder = requireScope("orders:write");
 * const createOrder = requireAuth(guard)(mayOrder((request, auth) => Response.json({ by: auth.userId })));
 * ```
 */
export function requireScope(
  ...scopes: string[]
): <Auth extends Identity | null, Rest extends unknown[]>(
  handler: AuthHandler<Auth, Rest>,
) => (request: Request, auth: Auth, ...rest: Rest) => Promise<Response> {
  const rules = [askForScopes("requireScope", scopes)];
  return (handler) =>
    async (request, auth, ...rest) =>
      answerErrors(request, async () => {
        await authorizeRules(request, rules, request);
        return handler(request, auth, ...rest);
      });
}

const LOGIN_OPTIONS: OptionNames<FetchOptions & LoginOptions> = { address: "optional", session: "optional" };

/**
 * Handles a login: reads `{ login, password }` from a JSON body of at most 64 KiB and answers with the token (RFC 6749
 * §5.1).
 *
 * @param options - the client's `address`, and the options of the session of a login
 * @throws TypeError when `auth` is not an authenticator, or has a throttle and there is no `address` to count by
 *
 * @example
 * ```ts
 * const address = (request: Request, server: Bun.Server) => server.requestIP(request)?.address;
 * const routes = { "POST /login": login(auth, { address }) };
 * ```
 */
export function login<Claims, U extends User, Rest extends unknown[] = []>(
  auth: Authenticator<Claims, U>,
  options: FetchOptions<Rest> & LoginOptions = {},
  ...extra: []
): FetchHandler<Rest> {
  const { session } = options;
  const handle = handleLogin(auth, session === undefined ? {} : { session }, ...extra);
  return respondWith(handle, createAddressReader("login", auth, options, LOGIN_OPTIONS));
}

/**
 * Handles an authentication of any kind, such as a passkey or the code of a second factor: `prove` returns the user and
 * the options of the session, and the answer has its tokens, as that of {@link login}.
 *
 * @param prove - gets the request, with its body unread, and whatever the router passes beside it; it returns `null` to
 * refuse (401)
 * @throws TypeError when `auth` is not an authenticator, or `prove` is not a function
 *
 * @example
 * ```ts
 * const passkey = session(auth, async (request) => {
 *   const userId = await checkPasskey(await request.json());
 *   return userId === null ? null : { user: { id: userId }, methods: ["hwk", "user"] };
 * });
 * ```
 */
export function session<Claims, U extends User, Rest extends unknown[] = []>(
  auth: Authenticator<Claims, U>,
  prove: (request: Request, ...rest: Rest) => Proven<U>,
  ...extra: []
): FetchHandler<Rest> {
  const handle = handleProof(auth, prove, extra);
  return respondWith((adapted, source: [Request, ...Rest]) => handle(adapted, ...source));
}

/**
 * Handles a refresh: takes the refresh token from the cookie where the authenticator has one, else `{ refresh_token }`
 * from a JSON body of at most 64 KiB, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * const routes = { "POST /refresh": refresh(auth) };
 * ```
 */
export function refresh<Claims, U extends User>(auth: SessionAuthenticator<Claims, U>, ...extra: []): FetchHandler {
  return respondWith(handleRefresh(auth, ...extra));
}

/**
 * Handles a change of password: reads `{ login, password, newPassword }` from a JSON body of at most 64 KiB, ends all
 * of the user's sessions, begins a new one, and answers with its tokens.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions, or has a throttle and there is no
 * `address` to count by
 *
 * @example
 * ```ts
 * const routes = { "POST /password": changePassword(auth, { address }) };
 * ```
 */
export function changePassword<Claims, U extends User, Rest extends unknown[] = []>(
  auth: RevokingAuthenticator<Claims, U>,
  options: FetchOptions<Rest> = {},
  ...extra: []
): FetchHandler<Rest> {
  return respondWith(handleChangePassword(auth, ...extra), createAddressReader("changePassword", auth, options));
}

/**
 * Handles a logout: ends the session of the refresh token, in the cookie or the body, and that of the access token, and
 * answers 204 once that is stored.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * const routes = { "POST /logout": logout(auth) };
 * ```
 */
export function logout<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>, ...extra: []): FetchHandler {
  return respondWith(handleLogout(auth, ...extra));
}

/**
 * Publishes the public halves of keys as a JWK Set (RFC 7517 §5), so that others can verify your tokens. It answers
 * `GET` and `HEAD`, with an `ETag`, and caches may keep the answer. Shared secrets and private members are never in it.
 *
 * @param options - how long caches may keep it
 * @throws TypeError when there is no public key to publish, or an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * const routes = { "/.well-known/jwks.json": jwks(keys) };
 * ```
 */
export function jwks(keys: VerifyingKey | KeyRing | LiveKeys, options: JwksOptions = {}, ...extra: []): FetchHandler {
  return respondWith(handleJwks(keys, options, ...extra));
}

/**
 * Publishes the metadata of an API (RFC 9728 §3): who issues its tokens, for which audience, and with which scopes.
 *
 * @param resource - made by `protectedResource`
 * @param options - how long caches may keep it
 * @throws TypeError when `resource` is not such a resource, or an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * const api = protectedResource({ token: accessToken });
 * const routes = { [api.metadataPath]: resourceMetadata(api) };
 * ```
 */
export function resourceMetadata(
  resource: ProtectedResource,
  options: PublishOptions = {},
  ...extra: []
): FetchHandler {
  return respondWith(handleResourceMetadata(resource, options, ...extra));
}

/**
 * Handles token introspection (RFC 7662), for services that can't verify our tokens themselves: takes a form with the
 * `token` from one of `clients`, and answers with its claims, or with `{ active: false }` if it is not valid.
 *
 * @param guard - the guard that takes the tokens
 * @throws TypeError when `guard` is not a guard, an option is missing, misspelt or meaningless, or every user could ask
 *
 * @example
 * ```ts
 * const routes = { "POST /introspect": introspect(auth, { clients }) };
 * ```
 */
export function introspect<Claims>(
  guard: Guard<Claims>,
  options: IntrospectOptions<Claims>,
  ...extra: []
): FetchHandler {
  return respondWith(handleIntrospect(guard, options, ...extra));
}

/**
 * Handles token revocation (RFC 7009): takes a form with the `token` from one of `clients`, and answers 200 once it is
 * invalid. For a refresh token, the whole session ends; an access token is revoked alone.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions, an option is missing, misspelt or
 * meaningless, or every user could ask
 *
 * @example
 * ```ts
 * const routes = { "POST /revoke": revoke(auth, { clients }) };
 * ```
 */
export function revoke<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: RevokeOptions<Claims>,
  ...extra: []
): FetchHandler {
  return respondWith(handleRevoke(auth, options, ...extra));
}

/**
 * Publishes status lists (draft-ietf-oauth-status-list-21 §8.1): signed, public lists of the sessions that were
 * revoked. It answers `GET` and `HEAD` for a path that ends in the number of a list, with an `ETag`, and caches may
 * keep the answer.
 *
 * @param list - made by `createStatusList` of `hallpass/status-list`
 * @throws TypeError when it is given anything else
 *
 * @example
 * ```ts
 * const routes = { "GET /statuslists/:number": statusList(list) };
 * ```
 */
export function statusList(list: StatusList, ...extra: []): FetchHandler {
  return respondWith(handleStatusList(list, ...extra));
}

/**
 * Gives the identity that `requireAuth` of this guard found for a request, for code that did not get it as an argument.
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
  return recallIdentity(request, guard);
}

/**
 * Gives the identity that `optionalAuth` of this guard found for a request, for code that did not get it as an
 * argument; `null` where the request showed no credential.
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
  return recallOptionalIdentity(request, guard);
}

/** The mark of an answer, which holds its refusal for {@link errorHandler} to log. */
const REFUSAL = /* @__PURE__ */ Symbol.for("hallpass.refusal");

/**
 * Wraps a handler or a whole router. It answers every `AuthError` that is thrown inside as JSON,
 * `{ error, message }`, with its status and headers. It logs those of 500 and above with their cause, even if a handler
 * of this module has answered them already, as long as the router returns that answer unchanged. Any other error is
 * rethrown.
 *
 * @throws TypeError when an option is misspelt or not a function
 *
 * @example
 * ```ts
 * const logged = errorHandler({ log: (error, request) => logger.error({ error, url: request.url }) });
 * const routes = { "POST /login": logged(login(auth)), "GET /me": logged(requireAuth(auth)(me)) };
 * ```
 */
export function errorHandler(
  options: ErrorHandlerOptions<Request> = {},
): <Rest extends unknown[]>(
  handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
) => FetchHandler<Rest> {
  const respond = createErrorResponder(options);
  return (handler) =>
    async (request, ...rest) => {
      const response = await answerErrors(request, () => handler(request, ...rest));
      respond(readOwn(response, REFUSAL), request); // The answer is made already; this only logs.
      return response;
    };
}

function recognise<Auth extends Identity | null>(
  access: Access<Request>,
): <Rest extends unknown[]>(handler: AuthHandler<Auth, Rest>) => FetchHandler<Rest> {
  return (handler) =>
    (request, ...rest) =>
      answerErrors(request, async () => {
        const found = await admitRequest(request, access, request, request);
        return handler(request, found as Auth, ...rest);
      });
}

/** Makes a handler that answers the request itself. */
function respondWith<Rest extends unknown[]>(
  handle: (adapted: AdapterRequest, source: [Request, ...Rest]) => Promise<AdapterResponse>,
  readAddress: AddressReader<Rest> = readNoAddress,
): FetchHandler<Rest> {
  return (request, ...rest) =>
    answerErrors(request, async () => {
      const adapted = readRequest(request, readAddress(request, ...rest));
      const response = toWebResponse(await handle(adapted, [request, ...rest]));
      return request.method === "HEAD" ? new Response(null, response) : response;
    });
}

function readRequest(request: Request, ip: () => string | undefined): AdapterRequest {
  const { headers, url } = request;
  return {
    header: (name) => headers.get(name) ?? (name === "host" ? new URL(url).host : null),
    authRequest: () => request,
    ip,
    hasBody: () => request.body !== null,
    body: () => readJsonBody(takeUnread(request), headers.get("content-type")),
    form: () => readFormBody(takeUnread(request), headers.get("content-type")),
  };
}

function takeUnread({ bodyUsed, body }: Request): BodyChunks {
  if (bodyUsed) throw new TypeError("hallpass reads the request's body itself: give it the request unread");
  return body ?? [];
}

function toWebResponse({ status, headers, cookies, body }: AdapterResponse): Response {
  const all = new Headers(headers);
  for (const cookie of cookies) all.append("Set-Cookie", cookie);
  const isJson = body !== null && typeof body === "object";
  return isJson ? Response.json(body, { status, headers: all }) : new Response(body, { status, headers: all });
}

/** Does the work, and answers an `AuthError` that is thrown in it. Any other error is rethrown. */
async function answerErrors(request: Request, work: () => Response | Promise<Response>): Promise<Response> {
  checkRequest(request);
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    const response = toWebResponse(formatRefusal(error));
    keepOwn(response, REFUSAL, error);
    return response;
  }
}

/**
 * Hooks and handlers for Fastify 5. Every refusal is thrown, and {@link errorHandler} answers it. Without that, Fastify
 * answers it in JSON of its own, with the error's own status and headers.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import { AuthError } from "../core/errors.ts";
import type { ProtectedResource } from "../core/http/protected-resource.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import type { LiveKeys } from "../core/keys/source.ts";
import { checkRules } from "../guard/check-rules.ts";
import type { Guard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import type { Rule } from "../guard/rule.ts";
import { askForScopes } from "../guard/rules.ts";
import { MAX_BODY_BYTES } from "../shared/limits.ts";
import { isThenable } from "../shared/promise.ts";
import type { StatusList } from "../status-list/status-list.ts";
import type { User } from "../stores/contract.ts";
import { takeParsedBody } from "./body.ts";
import { checkGuard } from "./checks.ts";
import { createErrorResponder, type ErrorHandlerOptions } from "./errors.ts";
import { handleChangePassword, handleLogin, handleLogout, handleRefresh, type LoginOptions } from "./flow.ts";
import { parseForm, takeForm } from "./form.ts";
import {
  type Access,
  admitRequest,
  authorizeRules,
  recallIdentity,
  recallOptionalIdentity,
  showIdentity,
} from "./identity.ts";
import { handleIntrospect, type IntrospectOptions } from "./introspect.ts";
import { handleJwks, type JwksOptions } from "./jwks.ts";
import type { PublishOptions } from "./publish.ts";
import { type AdapterRequest, pickHeaders, readNodeRequest } from "./request.ts";
import { handleResourceMetadata } from "./resource-metadata.ts";
import type { AdapterResponse } from "./response.ts";
import { handleRevoke, type RevokeOptions } from "./revoke.ts";
import { handleProof, type Proven } from "./session.ts";
import { handleStatusList } from "./status-list.ts";
import { isOfThisRealm, toError } from "./thrown.ts";

export type { ErrorHandlerOptions } from "./errors.ts";
export type { LoginOptions } from "./flow.ts";
export type { IntrospectOptions } from "./introspect.ts";
export type { JwksOptions } from "./jwks.ts";
export type { PublishOptions } from "./publish.ts";
export type { RevokeOptions } from "./revoke.ts";
export type { Proven, ProvenUser } from "./session.ts";

/** A hook for `onRequest`, where it comes before the body is read. */
export type FastifyHook = (request: FastifyRequest) => Promise<void>;

/** A route's handler. */
export type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** An error handler, for `setErrorHandler`. */
export type FastifyErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * Lets a request with a valid token pass, and refuses any other. For `onRequest`. {@link authOf} gives the identity to
 * the handlers behind it. `request.auth` has that too, unless a later plugin sets it; its type is in
 * `hallpass/fastify/auth`.
 *
 * @param rules - the rules that the identity must fit, all of them: `scopes`, `where`, `fresh`, …
 * @throws TypeError when `guard` is not a guard, or another argument is not a rule
 *
 * @example
 * ```ts
 * app.get("/me", { onRequest: requireAuth(guard) }, async (request) => ({ id: authOf(request, guard).userId }));
 * ```
 */
export function requireAuth<Claims>(guard: Guard<Claims>, ...rules: readonly Rule<FastifyRequest>[]): FastifyHook {
  checkGuard("requireAuth", guard);
  checkRules("requireAuth", rules, 0);
  return recognise({ guard, recognition: "authenticate", rules });
}

/**
 * As {@link requireAuth}, but a request without a credential passes too: {@link optionalAuthOf} and `request.auth` are
 * `null` then. A bad credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when `guard` is not a guard, or not the only argument
 *
 * @example
 * ```ts
 * app.get("/feed", { onRequest: optionalAuth(guard) }, async (request) => ({
 *   personal: optionalAuthOf(request, guard) !== null,
 * }));
 * ```
 */
export function optionalAuth<Claims>(guard: Guard<Claims>, ...extra: []): FastifyHook {
  checkGuard("optionalAuth", guard, extra);
  return recognise({ guard, recognition: "authenticateOptional", rules: [] });
}

/**
 * Lets a request pass if its token has all the scopes. Goes behind {@link requireAuth}.
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * app.post("/orders", { onRequest: [requireAuth(guard), requireScope("orders:write")] }, createOrder);
 * ```
 */
export function requireScope(...scopes: string[]): FastifyHook {
  const rules = [askForScopes("requireScope", scopes)];
  return async (request) => authorizeRules(request, rules, request);
}

/**
 * Handles a login: reads `{ login, password }` from the JSON body, which Fastify parses by itself, and answers with the
 * token (RFC 6749 §5.1).
 *
 * @param options - the options of the session of a login
 * @throws TypeError when `auth` is not an authenticator, or an option is misspelt or not a function
 *
 * @example
 * ```ts
 * app.post("/login", login(auth));
 * ```
 */
export function login<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  options: LoginOptions = {},
  ...extra: []
): FastifyHandler {
  return respondWith(handleLogin(auth, options, ...extra));
}

/**
 * Handles an authentication of any kind, such as a passkey or the code of a second factor: `prove` returns the user and
 * the options of the session, and the answer has its tokens, as that of {@link login}.
 *
 * @param prove - gets Fastify's request, and returns `null` to refuse (401)
 * @throws TypeError when `auth` is not an authenticator, or `prove` is not a function
 *
 * @example
 * ```ts
 * app.post("/passkey", session(auth, async (request) => {
 *   const userId = await checkPasskey(request.body);
 *   return userId === null ? null : { user: { id: userId }, methods: ["hwk", "user"] };
 * }));
 * ```
 */
export function session<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  prove: (request: FastifyRequest) => Proven<U>,
  ...extra: []
): FastifyHandler {
  return respondWith(handleProof(auth, prove, extra));
}

/**
 * Handles a refresh: takes the refresh token from the cookie where the authenticator has one, else `{ refresh_token }`
 * from the JSON body, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * app.post("/refresh", refresh(auth));
 * ```
 */
export function refresh<Claims, U extends User>(auth: SessionAuthenticator<Claims, U>, ...extra: []): FastifyHandler {
  return respondWith(handleRefresh(auth, ...extra));
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
export function changePassword<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  ...extra: []
): FastifyHandler {
  return respondWith(handleChangePassword(auth, ...extra));
}

/**
 * Handles a logout: ends the session of the refresh token, in the cookie or the body, and that of the access token, and
 * answers 204 once that is stored.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/logout", logout(auth));
 * ```
 */
export function logout<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>, ...extra: []): FastifyHandler {
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
 * app.get("/.well-known/jwks.json", jwks(keys));
 * ```
 */
export function jwks(keys: VerifyingKey | KeyRing | LiveKeys, options: JwksOptions = {}, ...extra: []): FastifyHandler {
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
 * app.get(api.metadataPath, resourceMetadata(api));
 * ```
 */
export function resourceMetadata(
  resource: ProtectedResource,
  options: PublishOptions = {},
  ...extra: []
): FastifyHandler {
  return respondWith(handleResourceMetadata(resource, options, ...extra));
}

/** The name of our handlers that take forms. */
const FORM_HANDLER = "hallpass form handler";

/**
 * Handles token introspection (RFC 7662), for services that can't verify our tokens themselves: takes a form with the
 * `token` from one of `clients`, and answers with its claims, or with `{ active: false }` if it is not valid. Fastify
 * needs a parser of forms: {@link parseForms} adds one.
 *
 * @param guard - the guard that takes the tokens
 * @throws TypeError when `guard` is not a guard, an option is missing, misspelt or meaningless, or every user could ask
 *
 * @example
 * ```ts
 * parseForms(app);
 * app.post("/introspect", introspect(auth, { clients }));
 * ```
 */
export function introspect<Claims>(
  guard: Guard<Claims>,
  options: IntrospectOptions<Claims>,
  ...extra: []
): FastifyHandler {
  return respondWith(handleIntrospect(guard, options, ...extra), FORM_HANDLER);
}

/**
 * Handles token revocation (RFC 7009): takes a form with the `token` from one of `clients`, and answers 200 once it is
 * invalid. For a refresh token, the whole session ends; an access token is revoked alone. Fastify needs a parser of
 * forms: {@link parseForms} adds one.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions, an option is missing, misspelt or
 * meaningless, or every user could ask
 *
 * @example
 * ```ts
 * parseForms(app);
 * app.post("/revoke", revoke(auth, { clients }));
 * ```
 */
export function revoke<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: RevokeOptions<Claims>,
  ...extra: []
): FastifyHandler {
  return respondWith(handleRevoke(auth, options, ...extra), FORM_HANDLER);
}

/** The members of a Fastify application that deal with body parsers. */
export interface FastifyParsers {
  /** Tells whether there is a parser of a type. */
  hasContentTypeParser(type: string): boolean;
  /** Adds a parser. */
  addContentTypeParser(
    type: string,
    options: {
      /** The form in which the parser gets a body. */
      readonly parseAs: "string";
      /** The most bytes of a body. */
      readonly bodyLimit: number;
    },
    parser: (request: FastifyRequest, body: string) => Promise<unknown>,
  ): unknown;
}

const FORM_TYPE = "application/x-www-form-urlencoded";

/**
 * Adds a parser of forms, of at most 64 KiB, for the routes of {@link introspect} and {@link revoke}. It does nothing
 * where there is one, such as that of `@fastify/formbody`. Call it in a plugin to have it for that plugin's routes.
 *
 * @example
 * ```ts
 * app.register(async (tokens) => {
 *   parseForms(tokens);
 *   tokens.post("/introspect", introspect(auth, { clients }));
 * });
 * ```
 */
export function parseForms(app: FastifyParsers): void {
  if (app.hasContentTypeParser(FORM_TYPE)) return;
  const options = { parseAs: "string", bodyLimit: MAX_BODY_BYTES } as const;
  app.addContentTypeParser(FORM_TYPE, options, async (_request, body) => parseForm(body));
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
 * app.get("/statuslists/:number", statusList(list));
 * ```
 */
export function statusList(list: StatusList, ...extra: []): FastifyHandler {
  return respondWith(handleStatusList(list, ...extra));
}

/**
 * Gives the identity that `requireAuth` of this guard found, in the types of its token profile.
 *
 * @throws TypeError when that `requireAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const { userId, claims } = authOf(request, guard);
 * ```
 */
export function authOf<Claims>(request: FastifyRequest, guard: Guard<Claims>): Identity<Claims> {
  return recallIdentity(request, guard);
}

/**
 * Gives the identity that `optionalAuth` of this guard found, in the types of its token profile; `null` where the
 * request showed no credential.
 *
 * @throws TypeError when that `optionalAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const userId = optionalAuthOf(request, guard)?.userId ?? "anonymous";
 * ```
 */
export function optionalAuthOf<Claims>(request: FastifyRequest, guard: Guard<Claims>): Identity<Claims> | null {
  return recallOptionalIdentity(request, guard);
}

/** The name of our handlers. Fastify binds the handler of each route, so only its name identifies it. */
const HANDLER = "hallpass handler";

const NO_FORMS = "Fastify has no parser of forms: call parseForms(app) of hallpass/fastify in front of this route";

/**
 * Answers every `AuthError` as JSON, `{ error, message }`, with its status and headers, and keeps headers that were set
 * before (CORS). It logs those of 500 and above with their cause. For `setErrorHandler`. Any other error is rethrown,
 * to the error handler of the context around it or to Fastify's own.
 *
 * @throws TypeError when an option is misspelt or not a function
 *
 * @example
 * ```ts
 * app.setErrorHandler(errorHandler({ log: (error, request) => request.log.error(error) }));
 * ```
 */
export function errorHandler(options: ErrorHandlerOptions<FastifyRequest> = {}): FastifyErrorHandler {
  const respond = createErrorResponder(options);
  return (error, request, reply) => {
    if (isRefusedByParser(error, request, FORM_HANDLER) && isForm(request)) throw new TypeError(NO_FORMS);
    const isNoJson = isRefusedByParser(error, request, HANDLER);
    const response = respond(isNoJson ? new AuthError("unsupported_media_type", { cause: error }) : error, request);
    if (response === null) throw toOwnError(error);
    return sendResponse(reply, response);
  };
}

/** Makes an error of this realm. Whatever else an error handler throws, Fastify sends as an answer, with status 200. */
function toOwnError(thrown: unknown): Error {
  const error = toError(thrown);
  return isOfThisRealm(error) ? error : Object.assign(new Error(error.message, { cause: error }), error);
}

/** Tells whether Fastify refused the media type of a body at one of our routes, before our handler saw the request. */
function isRefusedByParser(error: unknown, { routeOptions }: FastifyRequest, name: string): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" && routeOptions.handler.name === `bound ${name}`;
}

function isForm({ headers }: FastifyRequest): boolean {
  return headers["content-type"]?.toLowerCase().startsWith(FORM_TYPE) === true;
}

function recognise(access: Access<FastifyRequest>): FastifyHook {
  return async (request) => {
    const found = admitRequest(request, access, request, request);
    showIdentity(request, (isThenable(found) ? await found : found) as Identity | null);
  };
}

/** Makes a handler that answers the request itself. */
function respondWith(
  handle: (adapted: AdapterRequest, request: FastifyRequest) => Promise<AdapterResponse>,
  name: string = HANDLER,
): FastifyHandler {
  const handler: FastifyHandler = async (request, reply) =>
    sendResponse(reply, await handle(readRequest(request), request));
  return Object.defineProperty(handler, "name", { value: name });
}

function sendResponse(reply: FastifyReply, { status, headers, cookies, body }: AdapterResponse): FastifyReply {
  reply.code(status).headers(headers);
  for (const cookie of cookies) reply.header("Set-Cookie", cookie); // Fastify appends it to the other cookies.
  return reply.send(body ?? undefined);
}

function readRequest(request: FastifyRequest): AdapterRequest {
  const { headers, ip, body } = request;
  const adapted = readNodeRequest(pickHeaders(request), {
    ip: () => ip,
    parsed: body,
    form: () => takeForm(body, request.raw, headers["content-type"]),
    body: () => takeParsedBody(request, headers["content-type"], "leave Fastify's own parser of JSON in place"),
  });
  return { ...adapted, authRequest: () => request };
}

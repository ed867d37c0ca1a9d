/**
 * Middleware and handlers for Express 4.18 and later, and 5. Every refusal goes to `next(error)`, and
 * {@link errorHandler} answers it as JSON. Without that, Express answers it as HTML, with the error's own status and
 * headers.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { ProtectedResource } from "../core/http/protected-resource.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import type { LiveKeys } from "../core/keys/source.ts";
import { checkRules } from "../guard/check-rules.ts";
import type { Guard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import type { Rule } from "../guard/rule.ts";
import { askForScopes } from "../guard/rules.ts";
import { isThenable } from "../shared/promise.ts";
import type { StatusList } from "../status-list/status-list.ts";
import type { User } from "../stores/contract.ts";
import { takeParsedBody } from "./body.ts";
import { checkGuard } from "./checks.ts";
import { createErrorResponder, type ErrorHandlerOptions } from "./errors.ts";
import { handleChangePassword, handleLogin, handleLogout, handleRefresh, type LoginOptions } from "./flow.ts";
import { takeForm } from "./form.ts";
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
import { type AdapterRequest, readNodeRequest } from "./request.ts";
import { handleResourceMetadata } from "./resource-metadata.ts";
import { type AdapterResponse, sendNodeResponse } from "./response.ts";
import { handleRevoke, type RevokeOptions } from "./revoke.ts";
import { handleProof, type Proven } from "./session.ts";
import { handleStatusList } from "./status-list.ts";

export type { ErrorHandlerOptions } from "./errors.ts";
export type { LoginOptions } from "./flow.ts";
export type { IntrospectOptions } from "./introspect.ts";
export type { JwksOptions } from "./jwks.ts";
export type { PublishOptions } from "./publish.ts";
export type { RevokeOptions } from "./revoke.ts";
export type { Proven, ProvenUser } from "./session.ts";

/** A request as the adapter reads it: Express's, of any version. */
export interface ExpressRequest extends IncomingMessage {
  /** What a body parser left. */
  body?: unknown;
  /** The client's address, by the application's `trust proxy`. */
  readonly ip?: string | undefined;
}

/** A middleware or handler, in types that fit Express 4 and 5. */
export type ExpressMiddleware = (req: ExpressRequest, res: ServerResponse, next: (error?: unknown) => void) => void;

/** An error handler, in types that fit Express 4 and 5. */
export type ExpressErrorHandler = (
  error: unknown,
  req: ExpressRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Lets a request with a valid token pass, and refuses any other. {@link authOf} gives the identity to the handlers
 * behind it. `req.auth` has that too, unless a later middleware of another library sets it; its type is in
 * `hallpass/express/auth`.
 *
 * @param rules - the rules that the identity must fit, all of them: `scopes`, `where`, `fresh`, …
 * @throws TypeError when `guard` is not a guard, or another argument is not a rule
 *
 * @example
 * ```ts
 * app.get("/me", requireAuth(guard), (req, res) => res.json({ id: authOf(req, guard).userId }));
 * ```
 */
export function requireAuth<Claims>(
  guard: Guard<Claims>,
  ...rules: readonly Rule<ExpressRequest>[]
): ExpressMiddleware {
  checkGuard("requireAuth", guard);
  checkRules("requireAuth", rules, 0);
  return recognise({ guard, recognition: "authenticate", rules });
}

/**
 * As {@link requireAuth}, but a request without a credential passes too: {@link optionalAuthOf} and `req.auth` are
 * `null` then. A bad credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when `guard` is not a guard, or not the only argument
 *
 * @example
 * ```ts
 * app.get("/feed", optionalAuth(guard), (req, res) => res.json({ personal: optionalAuthOf(req, guard) !== null }));
 * ```
 */
export function optionalAuth<Claims>(guard: Guard<Claims>, ...extra: []): ExpressMiddleware {
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
 * app.post("/orders", requireAuth(guard), requireScope("orders:write"), createOrder);
 * ```
 */
export function requireScope(...scopes: string[]): ExpressMiddleware {
  const rules = [askForScopes("requireScope", scopes)];
  return asMiddleware((req) => authorizeRules(req, rules, req));
}

/**
 * Handles a login: reads `{ login, password }` from the parsed JSON body and answers with the token (RFC 6749 §5.1).
 *
 * @param options - the options of the session of a login
 * @throws TypeError when `auth` is not an authenticator, or an option is misspelt or not a function
 *
 * @example
 * ```ts
 * app.post("/login", express.json(), login(auth));
 * ```
 */
export function login<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  options: LoginOptions = {},
  ...extra: []
): ExpressMiddleware {
  return respondWith(handleLogin(auth, options, ...extra));
}

/**
 * Handles an authentication of any kind, such as a passkey or the code of a second factor: `prove` returns the user and
 * the options of the session, and the answer has its tokens, as that of {@link login}.
 *
 * @param prove - gets Express's request, and returns `null` to refuse (401)
 * @throws TypeError when `auth` is not an authenticator, or `prove` is not a function
 *
 * @example
 * ```ts
 * app.post("/passkey", express.json(), session(auth, async (req) => {
 *   const userId = await checkPasskey(req.body);
 *   return userId === null ? null : { user: { id: userId }, methods: ["hwk", "user"] };
 * }));
 * ```
 */
export function session<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  prove: (req: ExpressRequest) => Proven<U>,
  ...extra: []
): ExpressMiddleware {
  return respondWith(handleProof(auth, prove, extra));
}

/**
 * Handles a refresh: takes the refresh token from the cookie where the authenticator has one, else `{ refresh_token }`
 * from the parsed JSON body, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * app.post("/refresh", express.json(), refresh(auth));
 * ```
 */
export function refresh<Claims, U extends User>(
  auth: SessionAuthenticator<Claims, U>,
  ...extra: []
): ExpressMiddleware {
  return respondWith(handleRefresh(auth, ...extra));
}

/**
 * Handles a change of password: reads `{ login, password, newPassword }` from the parsed JSON body, ends all of the
 * user's sessions, begins a new one, and answers with its tokens.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/password", express.json(), changePassword(auth));
 * ```
 */
export function changePassword<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  ...extra: []
): ExpressMiddleware {
  return respondWith(handleChangePassword(auth, ...extra));
}

/**
 * Handles a logout: ends the session of the refresh token, in the cookie or the body, and that of the access token, and
 * answers 204 once that is stored. Put `express.json()` in front of it where clients send the refresh token in the
 * body.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/logout", logout(auth));
 * ```
 */
export function logout<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  ...extra: []
): ExpressMiddleware {
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
export function jwks(
  keys: VerifyingKey | KeyRing | LiveKeys,
  options: JwksOptions = {},
  ...extra: []
): ExpressMiddleware {
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
): ExpressMiddleware {
  return respondWith(handleResourceMetadata(resource, options, ...extra));
}

/**
 * Handles token introspection (RFC 7662), for services that can't verify our tokens themselves: takes a form with the
 * `token` from one of `clients`, and answers with its claims, or with `{ active: false }` if it is not valid. It reads
 * the body itself if no parser of forms ran.
 *
 * @param guard - the guard that takes the tokens
 * @throws TypeError when `guard` is not a guard, an option is missing, misspelt or meaningless, or every user could ask
 *
 * @example
 * ```ts
 * app.post("/introspect", introspect(auth, { clients }));
 * ```
 */
export function introspect<Claims>(
  guard: Guard<Claims>,
  options: IntrospectOptions<Claims>,
  ...extra: []
): ExpressMiddleware {
  return respondWith(handleIntrospect(guard, options, ...extra));
}

/**
 * Handles token revocation (RFC 7009): takes a form with the `token` from one of `clients`, and answers 200 once it is
 * invalid. For a refresh token, the whole session ends; an access token is revoked alone. It reads the body itself,
 * where no parser of forms ran.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions, an option is missing, misspelt or
 * meaningless, or every user could ask
 *
 * @example
 * ```ts
 * app.post("/revoke", revoke(auth, { clients }));
 * ```
 */
export function revoke<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: RevokeOptions<Claims>,
  ...extra: []
): ExpressMiddleware {
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
 * app.get("/statuslists/:number", statusList(list));
 * ```
 */
export function statusList(list: StatusList, ...extra: []): ExpressMiddleware {
  return respondWith(handleStatusList(list, ...extra));
}

/**
 * Gives the identity that `requireAuth` of this guard found, in the types of its token profile.
 *
 * @throws TypeError when that `requireAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const { userId, claims } = authOf(req, guard);
 * ```
 */
export function authOf<Claims>(req: IncomingMessage, guard: Guard<Claims>): Identity<Claims> {
  return recallIdentity(req, guard);
}

/**
 * Gives the identity that `optionalAuth` of this guard found, in the types of its token profile; `null` where the
 * request showed no credential.
 *
 * @throws TypeError when that `optionalAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const userId = optionalAuthOf(req, guard)?.userId ?? "anonymous";
 * ```
 */
export function optionalAuthOf<Claims>(req: IncomingMessage, guard: Guard<Claims>): Identity<Claims> | null {
  return recallOptionalIdentity(req, guard);
}

/**
 * Answers every `AuthError` as JSON, `{ error, message }`, with its status and headers, and keeps headers that were set
 * before (CORS). It logs those of 500 and above with their cause. Goes behind all routes. Any other error goes on to
 * the next error handler.
 *
 * @throws TypeError when an option is misspelt or not a function
 *
 * @example
 * ```ts
 * app.use(errorHandler({ log: (error, req) => logger.error({ error, cause: error.cause, url: req.url }) }));
 * ```
 */
export function errorHandler(options: ErrorHandlerOptions<ExpressRequest> = {}): ExpressErrorHandler {
  const respond = createErrorResponder(options);
  // Express recognizes an error handler by its four parameters.
  return (error, req, res, next) => {
    const response = respond(error, req);
    if (response === null || res.headersSent) return next(error);
    sendNodeResponse(res, response);
  };
}

function recognise(access: Access<ExpressRequest>): ExpressMiddleware {
  return asMiddleware((req) => {
    const found = admitRequest(req, access, req, req);
    if (isThenable(found)) return found.then((identity) => showIdentity(req, identity as Identity | null));
    showIdentity(req, found);
  });
}

/**
 * Makes a middleware that does some work before the next handler, which is called at once if nothing has to be awaited.
 */
function asMiddleware(work: (req: ExpressRequest) => unknown): ExpressMiddleware {
  return (req, _res, next) => {
    let pending: unknown;
    try {
      pending = work(req);
    } catch (error) {
      return next(error);
    }
    if (!isThenable(pending)) return next();
    pending.then(() => next(), next);
  };
}

/** Makes a handler that answers the request itself. */
function respondWith(
  handle: (request: AdapterRequest, req: ExpressRequest) => Promise<AdapterResponse>,
): ExpressMiddleware {
  return (req, res, next) => {
    handle(readRequest(req), req)
      .then((response) => sendNodeResponse(res, response))
      .catch(next);
  };
}

function readRequest(req: ExpressRequest): AdapterRequest {
  return readNodeRequest(req, {
    ip: () => req.ip,
    parsed: req.body,
    form: () => takeForm(req.body, req, req.headers["content-type"]),
    body: () => takeParsedBody(req, req.headers["content-type"], "put express.json() in front of it (Express)"),
  });
}

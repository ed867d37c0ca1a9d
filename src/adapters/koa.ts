/**
 * Middleware and handlers for Koa 2.15 and later, and 3. Every refusal is thrown, and {@link errorHandler} answers it
 * as JSON. Without that, Koa answers it as text, with the error's own status and headers.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { ProtectedResource } from "../core/http/protected-resource.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import type { LiveKeys } from "../core/keys/source.ts";
import { checkRules } from "../guard/check-rules.ts";
import type { Guard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import { type AuthRequest, markExchange } from "../guard/request.ts";
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
import { type Access, admitRequest, authorizeRules, recallIdentity, recallOptionalIdentity } from "./identity.ts";
import { handleIntrospect, type IntrospectOptions } from "./introspect.ts";
import { handleJwks, type JwksOptions } from "./jwks.ts";
import type { PublishOptions } from "./publish.ts";
import { type AdapterRequest, readNodeRequest } from "./request.ts";
import { handleResourceMetadata } from "./resource-metadata.ts";
import type { AdapterResponse } from "./response.ts";
import { handleRevoke, type RevokeOptions } from "./revoke.ts";
import { handleProof, type Proven } from "./session.ts";
import { handleStatusList } from "./status-list.ts";
import { toError } from "./thrown.ts";

export type { ErrorHandlerOptions } from "./errors.ts";
export type { LoginOptions } from "./flow.ts";
export type { IntrospectOptions } from "./introspect.ts";
export type { JwksOptions } from "./jwks.ts";
export type { PublishOptions } from "./publish.ts";
export type { RevokeOptions } from "./revoke.ts";
export type { Proven, ProvenUser } from "./session.ts";

/** A context as the adapter reads it: Koa's, of any version. */
export interface KoaContext {
  /** Node's request. */
  readonly req: IncomingMessage;
  /** Koa's request, with what a body parser left. */
  readonly request: object & {
    /** What a body parser made of the body. */
    readonly body?: unknown;
  };
  /** The path with its query as the client sent it, also where koa-mount strips a part of it. */
  readonly originalUrl?: string;
  /** The client's address, by the application's `proxy` setting. */
  readonly ip: string;
  /** What middleware pass on. */
  state: object;
  /** The status to answer with. */
  status: number;
  /** The body to answer with. */
  body: unknown;
  /** Whether the answer has begun. */
  readonly headerSent: boolean;
  /** Sets a header. */
  set(field: string, value: string): void;
  /** Sets a header beside those of its name. */
  append(field: string, value: string): void;
}

/** A context's state behind {@link requireAuth} or {@link optionalAuth}. */
export interface AuthState<Auth extends Identity | null = Identity> {
  /** Who is asking. */
  auth: Auth;
}

/** A middleware that sets `ctx.state.auth` to the identity, in types that fit Koa 2 and 3. */
export type KoaAuthMiddleware<Auth extends Identity | null> = (
  ctx: KoaContext & { state: AuthState<Auth> },
  next: () => Promise<unknown>,
) => Promise<void>;

/** A middleware or handler, in types that fit Koa 2 and 3. */
export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Lets a request with a valid token pass, with `ctx.state.auth` set, and refuses any other.
 *
 * @param rules - the rules that the identity must fit, all of them: `scopes`, `where`, `fresh`, …
 * @throws TypeError when `guard` is not a guard, or another argument is not a rule
 *
 * @example
 * ```ts
 * router.get("/me", requireAuth(guard), (ctx) => {
 *   ctx.body = { id: ctx.state.auth.userId };
 * });
 * ```
 */
export function requireAuth<Claims>(
  guard: Guard<Claims>,
  ...rules: readonly Rule<KoaContext>[]
): KoaAuthMiddleware<Identity<Claims>> {
  checkGuard("requireAuth", guard);
  checkRules("requireAuth", rules, 0);
  return recognise({ guard, recognition: "authenticate", rules });
}

/**
 * As {@link requireAuth}, but a request without a credential passes too, with `ctx.state.auth` being `null`. A bad
 * credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when `guard` is not a guard, or not the only argument
 *
 * @example
 * ```ts
 * router.get("/feed", optionalAuth(guard), (ctx) => {
 *   ctx.body = { personal: ctx.state.auth !== null };
 * });
 * ```
 */
export function optionalAuth<Claims>(guard: Guard<Claims>, ...extra: []): KoaAuthMiddleware<Identity<Claims> | null> {
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
 * router.post("/orders", requireAuth(guard), requireScope("orders:write"), createOrder);
 * ```
 */
export function requireScope(...scopes: string[]): KoaMiddleware {
  const rules = [askForScopes("requireScope", scopes)];
  return async (ctx, next) => {
    await authorizeRules(ctx.state, rules, ctx);
    await next();
  };
}

/**
 * Handles a login: reads `{ login, password }` from the parsed JSON body and answers with the token (RFC 6749 §5.1).
 *
 * @param options - the options of the session of a login
 * @throws TypeError when `auth` is not an authenticator, or an option is misspelt or not a function
 *
 * @example
 * ```ts
 * router.post("/login", bodyParser({ enableTypes: ["json"] }), login(auth));
 * ```
 */
export function login<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  options: LoginOptions = {},
  ...extra: []
): KoaMiddleware {
  return respondWith(handleLogin(auth, options, ...extra));
}

/**
 * Handles an authentication of any kind, such as a passkey or the code of a second factor: `prove` returns the user and
 * the options of the session, and the answer has its tokens, as that of {@link login}.
 *
 * @param prove - gets Koa's context, and returns `null` to refuse (401)
 * @throws TypeError when `auth` is not an authenticator, or `prove` is not a function
 *
 * @example
 * ```ts
 * router.post("/passkey", bodyParser(), session(auth, async (ctx) => {
 *   const userId = await checkPasskey(ctx.request.body);
 *   return userId === null ? null : { user: { id: userId }, methods: ["hwk", "user"] };
 * }));
 * ```
 */
export function session<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  prove: (ctx: KoaContext) => Proven<U>,
  ...extra: []
): KoaMiddleware {
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
 * router.post("/refresh", bodyParser(), refresh(auth));
 * ```
 */
export function refresh<Claims, U extends User>(auth: SessionAuthenticator<Claims, U>, ...extra: []): KoaMiddleware {
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
 * router.post("/password", bodyParser(), changePassword(auth));
 * ```
 */
export function changePassword<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  ...extra: []
): KoaMiddleware {
  return respondWith(handleChangePassword(auth, ...extra));
}

/**
 * Handles a logout: ends the session of the refresh token, in the cookie or the body, and that of the access token, and
 * answers 204 once that is stored. Put `bodyParser()` in front of it where clients send the refresh token in the body.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * router.post("/logout", logout(auth));
 * ```
 */
export function logout<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>, ...extra: []): KoaMiddleware {
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
 * router.get("/.well-known/jwks.json", jwks(keys));
 * ```
 */
export function jwks(keys: VerifyingKey | KeyRing | LiveKeys, options: JwksOptions = {}, ...extra: []): KoaMiddleware {
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
 * router.get(api.metadataPath, resourceMetadata(api));
 * ```
 */
export function resourceMetadata(
  resource: ProtectedResource,
  options: PublishOptions = {},
  ...extra: []
): KoaMiddleware {
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
 * router.post("/introspect", introspect(auth, { clients }));
 * ```
 */
export function introspect<Claims>(
  guard: Guard<Claims>,
  options: IntrospectOptions<Claims>,
  ...extra: []
): KoaMiddleware {
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
 * router.post("/revoke", revoke(auth, { clients }));
 * ```
 */
export function revoke<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: RevokeOptions<Claims>,
  ...extra: []
): KoaMiddleware {
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
 * router.get("/statuslists/:number", statusList(list));
 * ```
 */
export function statusList(list: StatusList, ...extra: []): KoaMiddleware {
  return respondWith(handleStatusList(list, ...extra));
}

/**
 * Gives the identity that `requireAuth` of this guard found, in the types of its token profile.
 *
 * @throws TypeError when that `requireAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const { userId, claims } = authOf(ctx, guard);
 * ```
 */
export function authOf<Claims>(ctx: { readonly state: object }, guard: Guard<Claims>): Identity<Claims> {
  return recallIdentity(takeKoaState(ctx), guard);
}

/**
 * Gives the identity that `optionalAuth` of this guard found, in the types of its token profile; `null` where the
 * request showed no credential.
 *
 * @throws TypeError when that `optionalAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const userId = optionalAuthOf(ctx, guard)?.userId ?? "anonymous";
 * ```
 */
export function optionalAuthOf<Claims>(ctx: { readonly state: object }, guard: Guard<Claims>): Identity<Claims> | null {
  return recallOptionalIdentity(takeKoaState(ctx), guard);
}

/** Gives the state of a context, or what was passed in its place, which has none. */
function takeKoaState(ctx: { readonly state: object }): object {
  return ctx?.state ?? ctx;
}

/**
 * Answers every `AuthError` as JSON, `{ error, message }`, with its status and headers, and keeps headers that were set
 * before (CORS). It logs those of 500 and above with their cause. Goes in front of all routes. Any other error is
 * rethrown, to Koa.
 *
 * @throws TypeError when an option is misspelt or not a function
 *
 * @example
 * ```ts
 * app.use(errorHandler({ log: (error, ctx) => logger.error({ error, cause: error.cause, url: ctx.req.url }) }));
 * ```
 */
export function errorHandler(options: ErrorHandlerOptions<KoaContext> = {}): KoaMiddleware {
  const respond = createErrorResponder(options);
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const response = respond(error, ctx);
      if (response === null || ctx.headerSent) throw toError(error);
      sendResponse(ctx, response);
    }
  };
}

function recognise<Auth extends Identity | null>(access: Access<KoaContext>): KoaAuthMiddleware<Auth> {
  return async (ctx, next) => {
    const found = admitRequest(ctx.state, access, toAuthRequest(ctx), ctx);
    ctx.state.auth = (isThenable(found) ? await found : found) as Auth;
    await next();
  };
}

/**
 * The request that a guard gets: Node's request, and the client's address, which is only read when a guard needs it.
 */
class KoaAuthRequest implements AuthRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly originalUrl: string | undefined;
  readonly headers: AuthRequest["headers"];
  readonly rawHeaders: readonly string[];
  readonly #ctx: KoaContext;

  constructor(ctx: KoaContext) {
    const { method, url, headers, rawHeaders } = ctx.req;
    this.method = method;
    this.url = url;
    this.originalUrl = ctx.originalUrl;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.#ctx = ctx;
  }

  get ip(): string {
    return this.#ctx.ip;
  }
}

/**
 * Makes the request that a guard gets. Koa's and Node's requests are marked, too, since an application may pass them to
 * a guard.
 */
function toAuthRequest(ctx: KoaContext): AuthRequest {
  const { state, request, req } = ctx;
  markExchange(request, state);
  markExchange(req, state);
  return markExchange(new KoaAuthRequest(ctx), state);
}

/** Makes a handler that answers the request itself. */
function respondWith(handle: (request: AdapterRequest, ctx: KoaContext) => Promise<AdapterResponse>): KoaMiddleware {
  return async (ctx) => sendResponse(ctx, await handle(readRequest(ctx), ctx));
}

function sendResponse(ctx: KoaContext, { status, headers, cookies, body }: AdapterResponse): void {
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
  for (const cookie of cookies) ctx.append("Set-Cookie", cookie);
  if (body !== null) ctx.body = body;
  ctx.status = status;
}

function readRequest(ctx: KoaContext): AdapterRequest {
  const { req, request, ip } = ctx;
  const adapted = readNodeRequest(req, {
    ip: () => ip,
    parsed: request.body,
    form: () => takeForm(request.body, req, req.headers["content-type"]),
    body: () =>
      takeParsedBody(request, req.headers["content-type"], "put bodyParser() of @koa/bodyparser in front of it (Koa)"),
  });
  return { ...adapted, authRequest: () => toAuthRequest(ctx) };
}

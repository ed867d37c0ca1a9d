/**
 * Middleware and handlers for Express 4.18 and later, and 5. They only translate: every refusal goes to `next(error)`, and
 * {@link errorHandler} answers it as JSON; without that, Express does, as HTML, with the error's own status and headers.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { AuthorizationHeader, Guard, Recognition } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import { immediateAnswer } from "../guard/immediate.ts";
import type { User } from "../stores/contract.ts";
import { hasBody, missingParser, parsedBody } from "./body.ts";
import { checkChangePassword, checkGuard, checkLogin, checkLogout, checkRefresh } from "./checks.ts";
import { type ErrorHandlerOptions, headersOf, recogniser } from "./failure.ts";
import { type Arrival, type Departure, enter, leave, renew } from "./flow.ts";
import { authorizationOf, headerOf } from "./headers.ts";
import { authorizePass, checkScopes, identityFrom, leavePass, optionalIdentityFrom, showIdentity } from "./pass.ts";

export type { ErrorHandlerOptions } from "./failure.ts";

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
 * Lets a request pass that carries a good token; refuses any other. {@link authOf} gives the handlers behind it who is asking.
 * `req.auth` has that too, unless a later middleware of another library sets it; its type is in `hallpass/express/auth`.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * app.get("/me", requireAuth(guard), (req, res) => res.json({ id: authOf(req, guard).userId }));
 * ```
 */
export function requireAuth(guard: Guard): ExpressMiddleware {
  checkGuard("requireAuth", guard);
  return recognise(guard, "authenticate");
}

/**
 * As {@link requireAuth}, but a request without a credential passes too: {@link optionalAuthOf} and `req.auth` are `null` then.
 * A bad credential is refused all the same, and an outage is 503.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * app.get("/feed", optionalAuth(guard), (req, res) => res.json({ personal: optionalAuthOf(req, guard) !== null }));
 * ```
 */
export function optionalAuth(guard: Guard): ExpressMiddleware {
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
 * app.post("/orders", requireAuth(guard), requireScope("orders:write"), createOrder);
 * ```
 */
export function requireScope(...scopes: string[]): ExpressMiddleware {
  checkScopes(scopes);
  return before((req) => authorizePass(req, scopes));
}

/**
 * Handles a login: reads `{ login, password }` from the parsed JSON body and answers with the token (RFC 6749 §5.1).
 *
 * @throws TypeError when the authenticator is none
 *
 * @example
 * ```ts
 * app.post("/login", express.json(), login(auth));
 * ```
 */
export function login<Claims, U extends User>(auth: Authenticator<Claims, U>): ExpressMiddleware {
  checkLogin(auth);
  return instead((arrival) => enter(auth, auth.login, arrival));
}

/**
 * Handles a refresh: takes the refresh token from the cookie where the authenticator has one, else `{ refresh_token }` from
 * the parsed JSON body, and answers with the next tokens (RFC 6749 §6).
 *
 * @throws TypeError when the authenticator keeps no sessions
 *
 * @example
 * ```ts
 * app.post("/refresh", express.json(), refresh(auth));
 * ```
 */
export function refresh<Claims, U extends User>(auth: SessionAuthenticator<Claims, U>): ExpressMiddleware {
  checkRefresh(auth);
  return instead((arrival) => renew(auth, arrival));
}

/**
 * Handles a change of password: reads `{ login, password, newPassword }` from the parsed JSON body, ends all of the user's
 * sessions, begins a new one, and answers with its tokens.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/password", express.json(), changePassword(auth));
 * ```
 */
export function changePassword<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>): ExpressMiddleware {
  checkChangePassword(auth);
  return instead((arrival) => enter(auth, auth.changePassword, arrival));
}

/**
 * Handles a logout: ends the sessions of all that the request shows, the refresh token in the cookie or the body and the
 * access token, and answers 204 once that is stored. Put
 * `express.json()` in front of it where clients send the refresh token in the body.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions
 *
 * @example
 * ```ts
 * app.post("/logout", logout(auth));
 * ```
 */
export function logout<Claims, U extends User>(auth: RevokingAuthenticator<Claims, U>): ExpressMiddleware {
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
 * const { userId, claims } = authOf(req, guard);
 * ```
 */
export function authOf<Claims>(req: IncomingMessage, guard: Guard<Claims>): Identity<Claims> {
  return identityFrom(req, guard);
}

/**
 * The identity that `optionalAuth` of this guard found, in the types of its token profile; `null` where nobody said.
 *
 * @throws TypeError when that `optionalAuth` is not in front of the handler
 *
 * @example
 * ```ts
 * const userId = optionalAuthOf(req, guard)?.userId ?? "anonymous";
 * ```
 */
export function optionalAuthOf<Claims>(req: IncomingMessage, guard: Guard<Claims>): Identity<Claims> | null {
  return optionalIdentityFrom(req, guard);
}

/**
 * Answers every `AuthError` as JSON, `{ error, message }`, with its status and headers, beside those that were set before
 * (CORS), and logs those of 500 and above with their cause. Goes behind all routes. Any other error goes on to the next error
 * handler.
 *
 * @throws TypeError when an option is misspelt or no function
 *
 * @example
 * ```ts
 * app.use(errorHandler({ log: (error, req) => logger.error({ error, cause: error.cause, url: req.url }) }));
 * ```
 */
export function errorHandler(options: ErrorHandlerOptions<ExpressRequest> = {}): ExpressErrorHandler {
  const isOurs = recogniser(options);
  // Express knows an error handler by its four parameters.
  return (error, req, res, next) => {
    if (!isOurs(error, req) || res.headersSent) return next(error);
    res.statusCode = error.status;
    for (const [name, value] of Object.entries(headersOf(error))) {
      if (name === "Set-Cookie") res.appendHeader(name, value);
      else res.setHeader(name, value);
    }
    sendJson(res, error);
  };
}

function recognise(guard: Guard, recognition: Recognition): ExpressMiddleware {
  const admit = (req: ExpressRequest, found: Identity | null): void => {
    showIdentity(req, leavePass(req, guard, recognition, found));
  };
  const inquire = async (req: ExpressRequest, header: AuthorizationHeader): Promise<void> =>
    admit(req, await guard[recognition](header));
  return before((req) => {
    const header = authorizationOf(req.headers, req.rawHeaders);
    const answer = immediateAnswer(guard, recognition);
    return answer === undefined ? inquire(req, header) : admit(req, answer(header));
  });
}

function before(work: (req: ExpressRequest) => void | Promise<void>): ExpressMiddleware {
  return (req, _res, next) => {
    let pending: void | Promise<void>;
    try {
      pending = work(req);
    } catch (error) {
      return next(error);
    }
    if (pending === undefined) return next();
    pending.then(() => next(), next);
  };
}

function instead(work: (arrival: Arrival) => Promise<Departure>): ExpressMiddleware {
  return (req, res, next) => {
    work(arrivalOf(req))
      .then(({ status, body, cookies }) => {
        res.statusCode = status;
        for (const cookie of cookies) res.appendHeader("Set-Cookie", cookie);
        if (body === null) return res.end();
        res.setHeader("Cache-Control", "no-store");
        return sendJson(res, body);
      })
      .catch(next);
  };
}

function sendJson(res: ServerResponse, body: object): void {
  const json = JSON.stringify(body);
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(json));
  res.end(json);
}

function arrivalOf(req: ExpressRequest): Arrival {
  return {
    header: (name) => headerOf(req.headers, name),
    authorization: () => authorizationOf(req.headers, req.rawHeaders),
    ip: () => req.ip,
    hasBody: () => hasBody(req.headers, req.body),
    body() {
      if (!("body" in req)) throw missingParser("Express", "express.json()");
      return parsedBody(req.body, req.headers["content-type"]);
    },
  };
}

/**
 * Middleware and handlers for Express 4.18 and later, and 5. They only translate: every refusal goes to `next(error)`, and
 * Express answers it with the error's own status and headers.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { AuthorizationHeader, Guard } from "../authenticator/guard.ts";
import type { Identity } from "../authenticator/identity.ts";
import { immediateAnswer, type Recognition } from "../authenticator/promised.ts";
import type { User } from "../stores/contract.ts";
import { authorizationOf } from "./authorization.ts";
import { hasBody, missingParser, parsedBody } from "./body.ts";
import { checkChangePassword, checkGuard, checkLogin, checkLogout, checkRefresh } from "./checks.ts";
import { type Arrival, type Departure, enter, leave, renew } from "./flow.ts";
import { authorizePass, checkScopes, identityFrom, leavePass } from "./pass.ts";

declare global {
  namespace Express {
    interface Request {
      /** Who is asking: set by hallpass's `requireAuth`; `null` after `optionalAuth` when nobody said. */
      auth?: Identity | null;
    }
  }
}

/** A request as the adapter reads it: Express's, of any version. */
export interface ExpressRequest extends IncomingMessage {
  /** What a body parser left. */
  body?: unknown;
  /** The client's address, by the application's `trust proxy`. */
  readonly ip?: string | undefined;
  /** Who is asking. */
  auth?: Identity | null;
}

/** A middleware or handler, in types that fit Express 4 and 5. */
export type ExpressMiddleware = (req: ExpressRequest, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Lets a request pass that carries a good token, with `req.auth` set; refuses any other.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * app.get("/me", requireAuth(guard), (req, res) => res.json({ id: req.auth?.userId }));
 * ```
 */
export function requireAuth(guard: Guard): ExpressMiddleware {
  checkGuard(guard);
  return recognise(guard, "authenticate");
}

/**
 * As {@link requireAuth}, but a request without a credential passes too, with `req.auth` being `null`. A bad credential
 * is refused all the same, and an outage is 503.
 *
 * @throws TypeError when the guard is none
 *
 * @example
 * ```ts
 * app.get("/feed", optionalAuth(guard), (req, res) => res.json({ personal: req.auth !== null }));
 * ```
 */
export function optionalAuth(guard: Guard): ExpressMiddleware {
  checkGuard(guard);
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

function recognise(guard: Guard, recognition: Recognition): ExpressMiddleware {
  const admit = (req: ExpressRequest, found: Identity | null): void => {
    req.auth = leavePass(req, guard, recognition, found);
  };
  const inquire = async (req: ExpressRequest, header: AuthorizationHeader): Promise<void> =>
    admit(req, await guard[recognition](header));
  return before((req) => {
    const header = authorizationOf(req);
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
        res.setHeader("Content-Type", "application/json; charset=utf-8");
        return res.end(JSON.stringify(body));
      })
      .catch(next);
  };
}

function arrivalOf(req: ExpressRequest): Arrival {
  return {
    header: (name) => req.headers[name] as string | undefined,
    authorization: () => authorizationOf(req),
    ip: req.ip,
    hasBody: () => hasBody(req),
    body() {
      if (!("body" in req)) throw missingParser("Express", "express.json()");
      return parsedBody(req.body, req.headers["content-type"]);
    },
  };
}

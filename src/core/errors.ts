import { assert } from "../shared/assert.ts";
import { readMark } from "../shared/read.ts";
import { formatChallenge } from "./http/challenge.ts";

/**
 * What the challenge says as `error` (RFC 6750 §3.1, RFC 9470 §3). `true` stands for the code itself. With `"realm"`,
 * the challenge has only a realm. With `null`, the answer has no challenge.
 */
type Challenge = "realm" | "invalid_token" | true | null;

/** The answer to a code. `message` is for the client, and `retryAfter` is the default of `Retry-After` in seconds. */
type Refusal = readonly [status: number, challenge: Challenge, message: string, retryAfter?: number];

/**
 * Why hallpass refused. The whole table, with the status and the challenge each one is answered with:
 *
 * | code | status | WWW-Authenticate | what it means, and what to do |
 * | --- | --- | --- | --- |
 * | `missing_token` | 401 | `realm` alone | no Authorization header, or another scheme: send `Authorization: Bearer …` |
 * | `invalid_request` | 400 | `invalid_request` | a malformed Bearer header, or several credentials: fix the client |
 * | `invalid_token` | 401 | `invalid_token` | forged, damaged, of another kind, issuer or audience: log in again; `cause` tells the developer which |
 * | `invalid_dpop_proof` | 401 | `invalid_dpop_proof` | the DPoP proof is missing, forged, too old, used before, or of another request, token or key (RFC 9449 §7.1): make another one; `cause` tells the developer which |
 * | `use_dpop_nonce` | 401 | `use_dpop_nonce` | the DPoP proof has no nonce, or an old one (RFC 9449 §9): make another one with that of the header `DPoP-Nonce` |
 * | `expired` | 401 | `invalid_token` | it was good once: refresh, or log in again |
 * | `revoked` | 401 | `invalid_token` | it was logged out: log in again |
 * | `insufficient_scope` | 403 | `insufficient_scope`, with `scope` | a good token that may not do this: ask for the scope |
 * | `insufficient_user_authentication` | 401 | `insufficient_user_authentication`, with `max_age`, `acr_values` | the last login is too long ago, or was too weak (RFC 9470): log in again |
 * | `forbidden` | 403 | none | a rule of the application says no |
 * | `invalid_credentials` | 401 | `realm` alone | wrong login, whatever the reason |
 * | `invalid_refresh_token` | 401 | `realm` alone | unknown, expired, stolen or of an ended session: log in again |
 * | `malformed_credentials` | 400 | none | login and password must be two non-empty strings |
 * | `malformed_refresh_token` | 400 | none | `refresh_token` must be a non-empty string, or cookies of two living sessions were sent |
 * | `cross_site_request` | 403 | none | a page of another origin sent a request for the cookie: list it in `origins` if it is yours |
 * | `unsupported_media_type` | 415 | none | the body was in a format or charset that nothing parsed: send JSON |
 * | `malformed_body` | 400 | none | the body is no well-formed JSON, or broke off: fix the client |
 * | `body_too_large` | 413 | none | the body is longer than the parser reads |
 * | `unusable_password` | 400 | none | the password to be hashed is no string, empty, over 1024 characters, or ill-formed Unicode, or has a NUL in it |
 * | `too_many_attempts` | 429 | none, `Retry-After: 60` | the throttle says to wait, and may name another time |
 * | `unavailable` | 503 | none, `Retry-After: 5` | a store was down, slow, or answered nonsense: see `cause` |
 * | `overloaded` | 503 | none, `Retry-After: 1` | the queue for password hashing is full: retry, or raise `maxQueue` |
 */
export type AuthErrorCode =
  | "missing_token"
  | "invalid_request"
  | "invalid_token"
  | "invalid_dpop_proof"
  | "use_dpop_nonce"
  | "expired"
  | "revoked"
  | "insufficient_scope"
  | "insufficient_user_authentication"
  | "forbidden"
  | "invalid_credentials"
  | "invalid_refresh_token"
  | "malformed_credentials"
  | "malformed_refresh_token"
  | "cross_site_request"
  | "unsupported_media_type"
  | "malformed_body"
  | "body_too_large"
  | "unusable_password"
  | "too_many_attempts"
  | "unavailable"
  | "overloaded";

/** The answers to all codes. A test compares docs/errors.md with them. */
export const REFUSALS: Readonly<Record<AuthErrorCode, Refusal>> = {
  missing_token: [401, "realm", "Authentication is required"],
  invalid_request: [400, true, "Send one well-formed credential"],
  invalid_token: [401, true, "The token is not valid"],
  invalid_dpop_proof: [401, true, "The DPoP proof is not valid"],
  use_dpop_nonce: [401, true, "Use the nonce of this answer"],
  expired: [401, "invalid_token", "The token has expired"],
  revoked: [401, "invalid_token", "The token has been revoked"],
  insufficient_scope: [403, true, "The token lacks a needed scope"],
  insufficient_user_authentication: [401, true, "Log in again to do this"],
  forbidden: [403, null, "This is not allowed"],
  invalid_credentials: [401, "realm", "Wrong login or password"],
  invalid_refresh_token: [401, "realm", "The session is over, log in again"],
  malformed_credentials: [400, null, "Send login and password as two non-empty strings"],
  malformed_refresh_token: [400, null, "Send refresh_token as a non-empty string"],
  cross_site_request: [403, null, "This origin may not send this request"],
  unsupported_media_type: [415, null, "Send application/json"],
  malformed_body: [400, null, "Send well-formed JSON"],
  body_too_large: [413, null, "The body is too long"],
  unusable_password: [400, null, "A password has 1 to 1024 characters of Unicode text"],
  too_many_attempts: [429, null, "Too many attempts, try again later", 60],
  unavailable: [503, null, "Try again in a moment", 5],
  overloaded: [503, null, "Too many logins at once, try again in a moment", 1],
};

/** The details of an {@link AuthError} beyond its code. */
export interface AuthErrorDetails {
  /** For the developer and the log: never sent to the client. */
  readonly cause?: unknown;
  /** The scheme of the challenge, such as `"DPoP"`. `"Bearer"` by default. */
  readonly scheme?: string;
  /** The protection space named in the challenge. `"api"` by default. */
  readonly realm?: string;
  /** The scopes that would have been needed, space-separated. */
  readonly scope?: string;
  /** Further parameters of the challenge, such as `resource_metadata` (RFC 9728 §5.1). */
  readonly challenge?: Readonly<Record<string, string>>;
  /** Seconds to wait before trying again, where the code has a `Retry-After`. */
  readonly retryAfter?: number;
  /** Further headers to answer with, such as a `Set-Cookie` that deletes a dead cookie. */
  readonly headers?: Readonly<Record<string, string>>;
}

const BRAND = Symbol.for("hallpass.AuthError");

/**
 * The error that hallpass throws to refuse a request: for its credential (401), a missing permission (403), its form
 * (400), or an outage on our side (503).
 *
 * `message` is terse and safe to send; `cause` is for the developer. `status`, `statusCode`, `headers` and `expose` are
 * what the default error handlers of Express, Koa and Fastify read, so throwing it is enough to answer with it.
 *
 * @example
 * ```ts
 * try {
 *   await verifyToken(token, accessToken);
 * } catch (error) {
 *   if (!isAuthError(error)) throw error;
 *   response.writeHead(error.status, error.headers).end(JSON.stringify(error));
 * }
 * ```
 */
export class AuthError extends Error {
  /** Why, for programs. */
  readonly code: AuthErrorCode;
  /** The HTTP status to answer with. */
  readonly status: number;
  /** The same as {@link AuthError.status}, under the name that Fastify reads. */
  readonly statusCode: number;
  /** The headers to answer with: `WWW-Authenticate` (RFC 6750 §3) or `Retry-After`, where they apply. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether `message` is meant for the client: true below 500. */
  readonly expose: boolean;

  /**
   * @param code - one of the table's codes
   * @param details - the private cause, and what the challenge should name
   * @throws TypeError when there is no such code
   */
  constructor(code: AuthErrorCode, details: AuthErrorDetails = {}) {
    assert(code in REFUSALS, "AuthError: no such code");
    const [status, , message] = REFUSALS[code];
    super(message, details);
    this.code = code;
    this.status = status;
    this.statusCode = status;
    this.headers = { ...writeHeaders(code, details), ...details.headers };
    this.expose = status < 500;
  }

  /** The part a client may see, for `JSON.stringify`. */
  toJSON(): {
    /** Why, for programs. */
    error: AuthErrorCode;
    /** Why, for people. */
    message: string;
  } {
    return { error: this.code, message: this.message };
  }
}

Object.defineProperties(AuthError.prototype, { name: { value: "AuthError" }, [BRAND]: { value: true } });

function writeHeaders(code: AuthErrorCode, details: AuthErrorDetails): Record<string, string> {
  const [, challenge, message, retryAfter] = REFUSALS[code];
  if (retryAfter !== undefined) return { "Retry-After": String(details.retryAfter ?? retryAfter) };
  if (challenge === null) return {};
  const { realm = "api", scope, scheme } = details;
  const error = challenge === true ? code : challenge;
  const reason = challenge === "realm" ? {} : { error, error_description: message };
  const params = { realm, ...reason, ...(scope !== undefined && { scope }), ...details.challenge };
  return { "WWW-Authenticate": formatChallenge(params, scheme) };
}

/**
 * Tells whether a caught value is an {@link AuthError}. One that was thrown by another copy of this package (ESM beside
 * CommonJS, or two versions) counts too, although it is not `instanceof AuthError`.
 *
 * @example
 * ```ts
 * if (isAuthError(error) && error.code === "expired") refreshAndRetry();
 * ```
 */
export function isAuthError(value: unknown): value is AuthError {
  return readMark(value, BRAND) === true;
}

/** Creates the refusal of a malformed request (RFC 6750 §3.1). */
export function createRequestError(why: string): AuthError {
  return new AuthError("invalid_request", { cause: new Error(why) });
}

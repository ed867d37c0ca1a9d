import type { CallStats } from "../store-calls/stats.ts";
import type { Identity } from "./identity.ts";
import type { AuthorizationHeader, AuthRequest } from "./request.ts";
import type { Rule } from "./rule.ts";

/**
 * Tells who is asking, and whether they may. Every refusal is an {@link AuthError}.
 *
 * Anything with these three methods is a guard, so that an application can write one around another.
 */
export interface Guard<Claims = unknown> {
  /**
   * Gives the identity of whoever sent a request.
   *
   * @param request - the request with its method, URL and headers, or its Authorization header alone
   * @throws AuthError 400, 401, 403 for a cookie that a page of another origin sent, or 503 in an outage
   * @throws TypeError for what is neither a request nor a header
   */
  authenticate(request: AuthRequest | AuthorizationHeader): Promise<Identity<Claims>>;
  /**
   * Gives the identity of whoever sent a request, or `null` where it shows no credential. A bad credential is refused
   * all the same.
   *
   * @param request - as for {@link Guard.authenticate}
   * @throws AuthError 400, 401, 403 for a cookie that a page of another origin sent, or 503 in an outage
   * @throws TypeError for what is neither a request nor a header
   */
  authenticateOptional(request: AuthRequest | AuthorizationHeader): Promise<Identity<Claims> | null>;
  /**
   * Lets an identity pass that fits all the rules. Always `await` it: a rule may have to ask somebody. Where no rule
   * has, it throws at once.
   *
   * @throws AuthError `missing_token` (401) for `null`, what the first rule that says no refuses with, or
   * `unavailable` (503) where a rule throws anything else or does not answer in time
   * @throws TypeError for anything but an identity, such as a promise that nobody awaited, and for what is no rule
   */
  authorize(identity: Identity | null, ...rules: readonly Rule[]): void | Promise<void>;
}

/** A {@link Guard} as `createGuard` and `createAuthenticator` make it. */
export interface TokenGuard<Claims = unknown> extends Guard<Claims> {
  /**
   * Gives the identity of whoever holds a token that came in another way than in a header, such as in the first message
   * of a WebSocket. It is taken as the Authorization header `Bearer` with that token is.
   *
   * @param token - what the client sent, which may be anything
   * @throws AuthError 400, 401, or 503 in an outage
   */
  authenticateToken(token: unknown): Promise<Identity<Claims>>;
  /** Tells what the guard has counted since it was made, for a monitor. */
  stats(): GuardStats;
}

/** What a guard counts. Nothing is ever set back. */
export interface GuardStats {
  /** The tokens that were looked up among those that the guard's profiles remember. */
  readonly cache: {
    /** How many were there. */
    readonly hits: number;
    /** How many were not, or are not remembered at all, as with `cacheSize: 0`. */
    readonly misses: number;
  };
  /** How many requests were refused, outages included, and those that showed no credential where one is needed. */
  readonly refused: number;
  /** How the calls of stores went, by their names, such as `"blocklist.isRevoked"`. */
  readonly stores: Readonly<Record<string, CallStats>>;
}

/** The methods by which a guard tells who is asking. */
export type Recognition = "authenticate" | "authenticateOptional";

/** What a guard finds for a request. */
export type GuardAnswer<Found> = (request: AuthRequest | AuthorizationHeader) => Found;

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
   * Lets an identity pass if it fits all the rules. Always `await` it, since a rule may be asynchronous. If none is, it
   * throws at once.
   *
   * @throws AuthError `missing_token` (401) for `null`, the refusal of the first rule that refuses, or `unavailable`
   * (503) where a rule throws anything else or does not answer in time
   * @throws TypeError for anything but an identity, such as a promise that was not awaited, and for a value that is not
   * a rule
   */
  authorize(identity: Identity | null, ...rules: readonly Rule[]): void | Promise<void>;
}

/** A {@link Guard} as `createGuard` and `createAuthenticator` make it. */
export interface TokenGuard<Claims = unknown> extends Guard<Claims> {
  /**
   * Gives the identity of whoever sent a token outside of a header, such as in the first message of a WebSocket. The
   * token is treated as if it came in the header `Authorization: Bearer`.
   *
   * @param token - what the client sent, which may be anything
   * @throws AuthError 400, 401, or 503 in an outage
   */
  authenticateToken(token: unknown): Promise<Identity<Claims>>;
  /** Tells what the guard has counted since it was made, for a monitor. */
  stats(): GuardStats;
}

/** The counters of a guard. They are never reset. */
export interface GuardStats {
  /** The lookups of tokens in the caches of the guard's profiles. */
  readonly cache: {
    /** How many tokens were cached. */
    readonly hits: number;
    /** How many were not, including tokens that are never cached, as with `cacheSize: 0`. */
    readonly misses: number;
  };
  /** How many requests were refused. That includes outages, and requests without a credential where one is needed. */
  readonly refused: number;
  /** The statistics of store calls, by the name of the call, such as `"blocklist.isRevoked"`. */
  readonly stores: Readonly<Record<string, CallStats>>;
}

/** The methods by which a guard tells who is asking. */
export type Recognition = "authenticate" | "authenticateOptional";

/** A function that finds something for a request, as the methods of a guard do. */
export type GuardAnswer<Found> = (request: AuthRequest | AuthorizationHeader) => Found;

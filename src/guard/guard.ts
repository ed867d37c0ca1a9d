import type { Identity } from "./identity.ts";

/** An Authorization header as a framework has it: one, several, or none. */
export type AuthorizationHeader = string | readonly string[] | null | undefined;

/** Tells who is asking, and whether they may. Every refusal is an {@link AuthError}. */
export interface Guard<Claims = unknown> {
  /**
   * Gives the identity of whoever sent a header. Several headers are refused.
   *
   * @throws AuthError 400, 401, or 503 in an outage
   */
  authenticate(header: AuthorizationHeader): Promise<Identity<Claims>>;
  /**
   * Gives the identity of whoever sent a header, or `null` where there is no Bearer credential. A bad credential is
   * refused all the same.
   *
   * @throws AuthError 400, 401, or 503 in an outage
   */
  authenticateOptional(header: AuthorizationHeader): Promise<Identity<Claims> | null>;
  /**
   * Lets an identity pass that has all the scopes.
   *
   * @throws AuthError `insufficient_scope` (403), or `missing_token` (401) for `null`
   * @throws TypeError for anything else, such as a promise that nobody awaited
   */
  authorize(identity: Identity | null, scopes: readonly string[]): void;
}

/** The methods by which a guard tells who is asking. */
export type Recognition = "authenticate" | "authenticateOptional";

/** What a guard finds for a header. */
export type GuardAnswer<Found> = (header: AuthorizationHeader) => Found;

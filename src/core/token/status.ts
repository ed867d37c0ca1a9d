import type { OpenClaims } from "./claims.ts";

/** The property that marks a check of ours. Two copies of this package share a registered symbol. */
export const STATUS: unique symbol = Symbol.for("hallpass.statusCheck") as never;

/**
 * Checks whether a token that was verified is still good, by its `status` claim. `statusLists` of
 * `hallpass/status-list` makes one.
 */
export interface StatusCheck {
  /**
   * Checks a token at each use. The token passes where this returns, or its promise resolves.
   *
   * @param claims - the claims that were signed
   * @throws AuthError `revoked` or `invalid_token` (401), or `unavailable` (503) where the status can't be found out
   */
  check(claims: OpenClaims): void | Promise<void>;
  /** @internal */
  readonly [STATUS]: true;
}

import { MAX_FOREIGN_LIFETIME_S } from "../shared/limits.ts";
import type { Credential } from "./credential.ts";
import type { Internals } from "./profiles.ts";
import { listProfiles } from "./token-credentials.ts";
import { isOfUnknownLife } from "./unknown-life.ts";

/** How long the tokens that a guard takes can be valid, in seconds. A log-out everywhere must be kept that long. */
export interface TokenLife {
  /** The longest time from a token's issue to its expiry. */
  readonly lifetime: number;
  /** The same for the tokens of our own issuer. One session may have tokens of several of its profiles. */
  readonly ownLifetime: number;
  /** The largest difference between the clocks of a token's issuer and its verifier. */
  readonly clockTolerance: number;
}

/**
 * Computes the longest time that a token of any of these credentials' profiles can be valid. For another issuer's
 * tokens, the limit is the profile's `maxAge`. Without a `maxAge`, it is the limit that `explainLongLife` enforces.
 *
 * @param own - the profile of the tokens that are issued here
 */
export function boundLife(own: Internals, credentials: readonly Credential[]): TokenLife {
  const profiles = [own, ...credentials.flatMap(listProfiles)];
  const others = credentials.some(isOfUnknownLife) ? MAX_FOREIGN_LIFETIME_S : 0;
  return {
    lifetime: Math.max(...profiles.map(findLifetime), others),
    ownLifetime: Math.max(...profiles.filter(isOfIssuer(own)).map(findLifetime)),
    clockTolerance: Math.max(...profiles.map(({ clockTolerance }) => clockTolerance)),
  };
}

/**
 * Creates a function that tells whether a profile takes tokens of our issuer. A profile without an issuer takes those
 * of any.
 */
function isOfIssuer(own: Internals): (profile: Internals) => boolean {
  return ({ issuer }) => issuer === null || issuer === own.issuer;
}

function findLifetime({ issues, expiresIn, maxAge }: Internals): number {
  return issues ? Math.max(expiresIn, maxAge ?? 0) : (maxAge ?? MAX_FOREIGN_LIFETIME_S);
}

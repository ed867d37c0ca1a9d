import { MAX_FOREIGN_LIFETIME_S } from "../shared/limits.ts";
import type { Credential } from "./credential.ts";
import type { Internals } from "./profiles.ts";
import { listProfiles } from "./token-credentials.ts";
import { isOfUnknownLife } from "./unknown-life.ts";

/** How long tokens may be good that a guard takes, in seconds: so long must a log-out everywhere be remembered. */
export interface TokenLife {
  /** The longest time from the issue of a token to its end. */
  readonly lifetime: number;
  /** The same of the tokens that our issuer signs: those of a session of ours may be of another profile. */
  readonly ownLifetime: number;
  /** How far the clocks of a token's issuer and verifier may be apart, at the most. */
  readonly clockTolerance: number;
}

/**
 * Finds how long tokens may be good of the profiles that credentials verify by. How long a token of another issuer
 * lives is its issuer's to say. A profile's `maxAge` bounds it, and without one a guard does (`explainLongLife`).
 *
 * @param own - the profile that tokens are issued by
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

/** Tells whether tokens of an issuer may be of a profile: one without an issuer takes those of any. */
function isOfIssuer(own: Internals): (profile: Internals) => boolean {
  return ({ issuer }) => issuer === null || issuer === own.issuer;
}

function findLifetime({ issues, expiresIn, maxAge }: Internals): number {
  return issues ? Math.max(expiresIn, maxAge ?? 0) : (maxAge ?? MAX_FOREIGN_LIFETIME_S);
}

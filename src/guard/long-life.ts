import { readClock } from "../core/time.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { createTokenError } from "../core/token/compact.ts";
import type { ProfileInternals } from "../core/token/profile.ts";
import { MAX_FOREIGN_LIFETIME_S } from "../shared/limits.ts";
import { readMark } from "../shared/read.ts";

/** What limits the lifetime of a profile's tokens. */
type Bounds = Pick<ProfileInternals<unknown>, "issues" | "maxAge" | "clockTolerance" | "now">;

/**
 * Explains why a token of another issuer lives too long for a guard with a blocklist: it would be valid again once the
 * blocklist has dropped a log-out everywhere. `null` if it does not.
 *
 * @param isOfTenant - whether a resolver gave the profile. An authenticator does not know its `maxAge` in advance.
 */
export function explainLongLife(
  { exp, iat }: CheckedClaims,
  { issues, maxAge, clockTolerance, now }: Bounds,
  isOfTenant: boolean,
): string | null {
  if (issues || (maxAge !== null && !isOfTenant)) return null;
  // The age of a token without iat is unknown. Its lifetime is at least the time that is left.
  const lifetime = exp - (iat ?? readClock(now) / 1_000);
  // The tolerance of a resolver's profile is not known in advance either, so it is taken off the limit.
  const most = MAX_FOREIGN_LIFETIME_S - (isOfTenant ? 2 * clockTolerance : 0);
  const remedy = isOfTenant ? "have its issuer shorten that" : "give trustIssuer a maxAge";
  return lifetime <= most || (maxAge ?? lifetime) <= most
    ? null
    : `it lives ${lifetime} s, longer than the ${most} s of a log-out everywhere: ${remedy}`;
}

/** Refuses a token that lives too long for a guard with a blocklist. */
export function refuseLongLife(checked: CheckedClaims, profile: Bounds): void {
  const why = explainLongLife(checked, profile, false);
  if (why !== null) throw createTokenError(why);
}

/**
 * The property that says why a token lives too long. Entries of the package have copies of this file, which share a
 * registered symbol.
 */
const LONG_LIFE = Symbol.for("hallpass.longLife");

/** Notes on a token's reference why the token lives too long, for a guard that has a blocklist. */
export function noteLongLife<Reference extends object>(reference: Reference, why: string | null): Reference {
  return why === null ? reference : Object.defineProperty(reference, LONG_LIFE, { value: why });
}

/** Reads what {@link noteLongLife} noted; `null` if it noted nothing. */
export function readLongLife(reference: object): string | null {
  return (readMark(reference, LONG_LIFE) as string | undefined) ?? null;
}

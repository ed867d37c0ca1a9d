import { readClock } from "../core/time.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { invalidToken } from "../core/token/compact.ts";
import type { ProfileInternals } from "../core/token/profile.ts";
import { MAX_FOREIGN_LIFETIME_S } from "../shared/limits.ts";
import { readMark } from "../shared/read.ts";

/** What bounds the life of a profile's tokens. */
type Bounds = Pick<ProfileInternals<unknown>, "issues" | "maxAge" | "clockTolerance" | "now">;

/**
 * Explains why a token of another issuer lives too long for a guard with a blocklist: it would be good again once a
 * log-out everywhere is forgotten. `null` where it does not.
 *
 * @param isOfTenant - whether a resolver gave the profile. An authenticator does not know its `maxAge` beforehand.
 */
export function explainLongLife(
  { exp, iat }: CheckedClaims,
  { issues, maxAge, clockTolerance, now }: Bounds,
  isOfTenant: boolean,
): string | null {
  if (issues || (maxAge !== null && !isOfTenant)) return null;
  // Nobody knows how old a token without iat is. What is left of its life is the least that it lives.
  const lifetime = exp - (iat ?? readClock(now) / 1_000);
  // The tolerance of a resolver's profile is not known beforehand either, so it is a part of the bound.
  const most = MAX_FOREIGN_LIFETIME_S - (isOfTenant ? 2 * clockTolerance : 0);
  const remedy = isOfTenant ? "have its issuer shorten that" : "give trustIssuer a maxAge";
  return lifetime <= most || (maxAge ?? lifetime) <= most
    ? null
    : `it lives ${lifetime} s, longer than the ${most} s of a log-out everywhere: ${remedy}`;
}

/** Refuses a token that lives too long for a guard with a blocklist. */
export function refuseLongLife(checked: CheckedClaims, profile: Bounds): void {
  const why = explainLongLife(checked, profile, false);
  if (why !== null) throw invalidToken(why);
}

/** The property that says why a token lives too long. Entries of the package have copies of this file. */
const LONG_LIFE = Symbol.for("hallpass.longLife");

/** Notes in a token's reference why it lives too long, for a guard that has a blocklist. */
export function noteLongLife<Reference extends object>(reference: Reference, why: string | null): Reference {
  return why === null ? reference : Object.defineProperty(reference, LONG_LIFE, { value: why });
}

/** Reads what {@link noteLongLife} noted; `null` where that is nothing. */
export function readLongLife(reference: object): string | null {
  return (readMark(reference, LONG_LIFE) as string | undefined) ?? null;
}

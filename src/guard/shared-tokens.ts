import { isSameKey } from "../core/keys/same.ts";
import { keepOwn, readOwn } from "../shared/own-mark.ts";
import { areAlike } from "./alike.ts";
import type { Guard } from "./guard.ts";
import type { Internals } from "./profiles.ts";
import type { ProfileResolver } from "./tenants.ts";

/** Where a guard's tokens come from: a profile, or a function that finds a tenant's profile. */
export type TokenSource = Internals | ProfileResolver;

/** The mark of a guard's method `authenticate`, which holds its token sources. */
const SOURCES = /* @__PURE__ */ Symbol.for("hallpass.tokenSources");

/** Keeps which tokens a guard takes, for {@link takesSameTokens}. */
export function keepTokenSources({ authenticate }: Pick<Guard, "authenticate">, taken: readonly TokenSource[]): void {
  keepOwn(authenticate, SOURCES, taken);
}

/** Lists the token sources of a guard; none for a guard that the application wrote. */
export function listTokenSources({ authenticate }: Guard): readonly TokenSource[] {
  return (readOwn(authenticate, SOURCES) as readonly TokenSource[] | undefined) ?? [];
}

/** Tells whether a token of one guard may be valid for the other, too, as far as their profiles say. */
export function takesSameTokens(guard: Guard, other: Guard): boolean {
  return listTokenSources(guard).some((mine) => listTokenSources(other).some((its) => takes(mine, its)));
}

function takes(one: TokenSource, other: TokenSource): boolean {
  if (one === other) return true;
  if (typeof one === "function" || typeof other === "function") return false;
  // A profile without an issuer takes tokens of any issuer.
  const named = { ...one, issuer: one.issuer ?? other.issuer };
  return areAlike(named, other) && haveCommonAudience(named, other) && haveCommonKey(named, other);
}

function haveCommonAudience({ audience: one }: Internals, { audience: other }: Internals): boolean {
  return one === null || other === null || one.some((it) => other.includes(it));
}

/**
 * Tells whether two profiles may have a key in common. Keys that are not loaded yet are taken to be those of the
 * issuer.
 */
function haveCommonKey(one: Internals, other: Internals): boolean {
  const [mine, its] = [one, other].map(({ keys }) => keys.current()?.set.keys);
  if (mine === undefined || its === undefined) return one.issuer !== null;
  return mine.some((key) => its.some((it) => isSameKey(key, it)));
}

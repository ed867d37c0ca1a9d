import { isSameKey } from "../core/keys/same.ts";
import { areAlike } from "./alike.ts";
import type { Guard } from "./guard.ts";
import type { Internals } from "./profiles.ts";
import type { ProfileResolver } from "./tenants.ts";

/** What tells which tokens a guard takes: a profile, or the resolver of the profiles of tenants. */
export type TokenSource = Internals | ProfileResolver;

/** What each guard of ours takes, under the method by which it lets whoever shows a token in. */
const sources = new WeakMap<object, readonly TokenSource[]>();

/** Keeps which tokens a guard takes, for {@link takesTokensOf}. */
export function keepTokenSources({ authenticate }: Pick<Guard, "authenticate">, taken: readonly TokenSource[]): void {
  sources.set(authenticate, taken);
}

/** Lists what a guard takes; nothing for a guard of the application's own. */
export function listTokenSources({ authenticate }: Guard): readonly TokenSource[] {
  return sources.get(authenticate) ?? [];
}

/** Tells whether tokens of one guard may be good for another one, too, as far as their profiles say. */
export function takesTokensOf(guard: Guard, other: Guard): boolean {
  return listTokenSources(guard).some((mine) => listTokenSources(other).some((its) => takes(mine, its)));
}

function takes(one: TokenSource, other: TokenSource): boolean {
  if (one === other) return true;
  if (typeof one === "function" || typeof other === "function") return false;
  // Whoever looks at no issuer takes the tokens of any.
  const named = { ...one, issuer: one.issuer ?? other.issuer };
  return areAlike(named, other) && haveCommonAudience(named, other) && haveCommonKey(named, other);
}

function haveCommonAudience({ audience: one }: Internals, { audience: other }: Internals): boolean {
  return one === null || other === null || one.some((it) => other.includes(it));
}

/** Tells whether two profiles may have a key in common. Keys that are yet to be loaded are those of their issuer. */
function haveCommonKey(one: Internals, other: Internals): boolean {
  const [mine, its] = [one, other].map(({ keys }) => keys.current()?.set.keys);
  if (mine === undefined || its === undefined) return one.issuer !== null;
  return mine.some((key) => its.some((it) => isSameKey(key, it)));
}

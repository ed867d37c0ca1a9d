import { isAmong } from "../core/token/media-type.ts";
import type { ProfileInternals } from "../core/token/profile.ts";

type Kind = Pick<ProfileInternals<unknown>, "issuer" | "types">;

/** Tells whether one token could fit both profiles: they have the same issuer, and a `typ` in common. */
export function areAlike(one: Kind, other: Kind): boolean {
  if (one.issuer !== other.issuer) return false;
  return one.types === null || other.types === null || one.types.some((it) => isAmong(it, other.types as string[]));
}

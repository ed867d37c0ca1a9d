import type { RefreshTokenInfo, RefreshTokenOwner } from "./inspect-refresh-token.ts";

type Inspect = (refreshToken: unknown) => Promise<RefreshTokenInfo | null>;
type Find = (refreshToken: unknown) => Promise<RefreshTokenOwner | null>;

/** The functions that tell whose a refresh token is, each under the method of an authenticator that tells all of it. */
const finders = new WeakMap<Inspect, Find>();

/** Keeps how an authenticator finds whose a refresh token is, for {@link chooseOwnerFinder}, and gives its method. */
export function keepOwnerFinder(inspect: Inspect, find: Find): Inspect {
  finders.set(inspect, find);
  return inspect;
}

/** Chooses what tells whose a refresh token is: all that is known of it, where an authenticator is none of ours. */
export function chooseOwnerFinder(inspect: Inspect): Find {
  return finders.get(inspect) ?? inspect;
}

import type { RefreshTokenInfo, RefreshTokenOwner } from "./inspect-refresh-token.ts";

type Inspect = (refreshToken: unknown) => Promise<RefreshTokenInfo | null>;
type Find = (refreshToken: unknown) => Promise<RefreshTokenOwner | null>;

/**
 * The functions that find whose a refresh token is, by the method of their authenticator that describes it completely.
 */
const finders = new WeakMap<Inspect, Find>();

/**
 * Keeps the function by which an authenticator finds whose a refresh token is, for {@link chooseOwnerFinder}. Returns
 * the method.
 */
export function keepOwnerFinder(inspect: Inspect, find: Find): Inspect {
  finders.set(inspect, find);
  return inspect;
}

/**
 * Chooses the function that finds whose a refresh token is: the method itself, if the application wrote the
 * authenticator.
 */
export function chooseOwnerFinder(inspect: Inspect): Find {
  return finders.get(inspect) ?? inspect;
}

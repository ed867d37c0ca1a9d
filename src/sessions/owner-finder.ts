import { keepOwn, readOwn } from "../shared/own-mark.ts";
import type { RefreshTokenInfo, RefreshTokenOwner } from "./inspect-refresh-token.ts";

type Inspect = (refreshToken: unknown) => Promise<RefreshTokenInfo | null>;
type Find = (refreshToken: unknown) => Promise<RefreshTokenOwner | null>;

/**
 * The mark of an authenticator's method that describes a refresh token completely. It holds the function that finds
 * whose the token is.
 */
const OWNER_FINDER = /* @__PURE__ */ Symbol.for("hallpass.ownerFinder");

/**
 * Keeps the function by which an authenticator finds whose a refresh token is, for {@link chooseOwnerFinder}. Returns
 * the method.
 */
export function keepOwnerFinder(inspect: Inspect, find: Find): Inspect {
  keepOwn(inspect, OWNER_FINDER, find);
  return inspect;
}

/**
 * Chooses the function that finds whose a refresh token is: the method itself, if the application wrote the
 * authenticator.
 */
export function chooseOwnerFinder(inspect: Inspect): Find {
  return (readOwn(inspect, OWNER_FINDER) as Find | undefined) ?? inspect;
}

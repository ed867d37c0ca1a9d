import type { StatusClaim } from "./claim.ts";
import type { StatusPlace } from "./place.ts";
import type { PLACES, StatusListPlaces } from "./places.ts";
import type { PublishedStatusList } from "./publisher.ts";

/** The status lists of a service: they tell others which of its tokens were revoked. */
export interface StatusList {
  /** The address under which the lists are. */
  readonly uri: string;
  /**
   * Gives out a place that nobody has, for a token without a session.
   *
   * @throws AuthError `unavailable` (503) in an outage
   *
   * @example
   * ```ts
   * const place = await statusList.allocate(); // Keep it, to revoke the token by it.
   * const token = await issueToken({ sub: "door-7", status: statusList.claimOf(place) }, badge);
   * ```
   */
  allocate(): Promise<StatusPlace>;
  /**
   * Writes the `status` claim of a token that has a place (draft-ietf-oauth-status-list-21 §6.2).
   *
   * @throws TypeError when the value is not a place of these lists or of previous ones
   */
  claimOf(place: StatusPlace): StatusClaim;
  /**
   * Revokes the tokens and sessions that have these places, for good: each in the lists that its `uri` names. The
   * revocation is stored once the promise resolves.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored: try again
   * @throws TypeError when a value is not a place of these lists or of previous ones
   */
  revoke(...places: readonly StatusPlace[]): Promise<void>;
  /**
   * Gives a list as a signed token, for a route or an upload. When it is due, it is read from the store and signed
   * again, once for all callers. While the store is down, the last token stays in use until it expires.
   *
   * @param list - the number of the list, the last part of its URI
   * @returns the list; `null` where there is none with that number
   * @throws AuthError `unavailable` (503) in an outage
   *
   * @example
   * ```ts
   * const published = await statusList.publish(1);
   * ```
   */
  publish(list: number): Promise<PublishedStatusList | null>;
  /** @internal */
  readonly [PLACES]: StatusListPlaces;
}

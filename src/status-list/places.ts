import { readMark } from "../shared/read.ts";
import type { StatusClaim } from "./claim.ts";
import type { StatusPlace } from "./place.ts";

/** The property that holds the places of a status list. Two copies of this package share a registered symbol. */
export const PLACES: unique symbol = Symbol.for("hallpass.statusPlaces") as never;

/**
 * The part of a status list that sessions need. Its errors were not reported to a listener: the caller turns them into
 * an outage.
 */
export interface StatusListPlaces {
  /** Gives out a place that nobody has. */
  allocate(): Promise<StatusPlace>;
  /** Revokes the tokens and sessions that have these places. */
  revoke(places: readonly StatusPlace[]): Promise<void>;
  /** Writes the `status` claim of a token that has a place. */
  claimOf(place: StatusPlace): StatusClaim;
}

/** Reads the places of a status list; `undefined` for any other value. */
export function readPlaces(value: unknown): StatusListPlaces | undefined {
  return readMark(value, PLACES) as StatusListPlaces | undefined;
}

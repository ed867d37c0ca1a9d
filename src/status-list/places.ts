import { readMark } from "../shared/read.ts";
import type { StatusClaim } from "./claim.ts";
import type { StatusPlace } from "./place.ts";

/**
 * The property that holds what sessions need of a status list. Two copies of this package share a registered symbol.
 */
export const PLACES: unique symbol = Symbol.for("hallpass.statusPlaces") as never;

/**
 * What sessions need of a status list. Nothing that these throw was told to anybody: the caller makes an outage of it.
 */
export interface StatusListPlaces {
  /** Gives out a place that nobody has. */
  allocate(): Promise<StatusPlace>;
  /** Revokes what has these places. */
  revoke(places: readonly StatusPlace[]): Promise<void>;
  /** Writes the `status` claim of a token that has a place. */
  claimOf(place: StatusPlace): StatusClaim;
}

/** Gives what sessions need of a status list; `undefined` where the value is none. */
export function readPlaces(value: unknown): StatusListPlaces | undefined {
  return readMark(value, PLACES) as StatusListPlaces | undefined;
}

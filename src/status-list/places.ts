import { readMark } from "../shared/read.ts";
import type { StatusClaim } from "./claim.ts";
import type { StatusPlace } from "./place.ts";

/** The property that holds the places of a status list. Two copies of this package share a registered symbol. */
export const PLACES: unique symbol = Symbol.for("hallpass.placesOfSeries") as never;

/** The lists at one address. */
export interface StatusSeries {
  readonly uri: string;
  /** How many places a list has. */
  readonly size: number;
  /** Revokes the places with these indices in one list. */
  mark(list: number, indices: readonly number[]): Promise<void>;
}

/**
 * The part of a status list that sessions need. Its errors were not reported to a listener: the caller turns them into
 * an outage.
 */
export interface StatusListPlaces {
  /** All lists whose places are known: those of today first, and then the previous ones. */
  readonly series: readonly StatusSeries[];
  /** Gives out a place that nobody has. */
  allocate(): Promise<StatusPlace>;
  /** Finds the place of a session by its id; `null` where it has none in any of these lists. */
  find(sid: string): StatusPlace | null;
  /** Revokes the tokens and sessions that have these places. */
  revoke(places: readonly StatusPlace[]): Promise<void>;
  /** Writes the `status` claim of a token that has a place. */
  claimOf(place: StatusPlace): StatusClaim;
}

/** Reads the places of a status list; `undefined` for any other value. */
export function findPlaces(value: unknown): StatusListPlaces | undefined {
  return readMark(value, PLACES) as StatusListPlaces | undefined;
}

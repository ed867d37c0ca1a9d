import { timeOf } from "../../shared/date.ts";
import { numberOf } from "./values.ts";

const EARLIEST = -62_135_596_800_000; // the year 1, which every database reaches
const LATEST = Date.UTC(9_999, 11, 31);

/** An instant in milliseconds since 1970, within what every database can hold. */
export function millisecondsOf(date: Date): number {
  const time = timeOf(date);
  if (Number.isNaN(time)) throw new TypeError("a store was given an instant that is no valid Date");
  return Math.min(Math.max(time, EARLIEST), LATEST);
}

/** When a token was issued, as a cut is held against it: where that is not known, before every cut. */
export function issuedAtOrFirst(issuedAt: Date): number {
  return Number.isNaN(issuedAt.getTime()) ? EARLIEST : millisecondsOf(issuedAt);
}

/** The instant that a database gave back as milliseconds. */
export function instantOf(milliseconds: unknown): Date {
  return new Date(numberOf(milliseconds));
}

/** As {@link instantOf}, where there may be none. */
export function instantOrNull(milliseconds: unknown): Date | null {
  return milliseconds === null ? null : instantOf(milliseconds);
}

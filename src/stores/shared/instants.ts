import { readTime } from "../../shared/date.ts";
import { readInteger } from "./values.ts";

/** The range of instants that every database can store begins with the year 1. */
const EARLIEST = -62_135_596_800_000;
const LATEST = Date.UTC(9_999, 11, 31);

/** Returns a Date's milliseconds since 1970, moved into the range that every database can store. */
export function toMilliseconds(date: Date): number {
  const time = readTime(date);
  if (Number.isNaN(time)) throw new TypeError("a store was given an instant that is no valid Date");
  return Math.min(Math.max(time, EARLIEST), LATEST);
}

/** As {@link toMilliseconds}, for an instant that may be missing. */
export function toMillisecondsOrNull(date: Date | null | undefined): number | null {
  return date === null || date === undefined ? null : toMilliseconds(date);
}

/** Returns when a token was issued. An unknown instant counts as the earliest, which is before every revocation. */
export function toIssuedMilliseconds(issuedAt: Date): number {
  return Number.isNaN(issuedAt.getTime()) ? EARLIEST : toMilliseconds(issuedAt);
}

/** Reads an instant that the database gave as milliseconds. */
export function readDate(milliseconds: unknown): Date {
  return new Date(readInteger(milliseconds));
}

/** As {@link readDate}, for a column that may be NULL. */
export function readDateOrNull(milliseconds: unknown): Date | null {
  return milliseconds === null ? null : readDate(milliseconds);
}

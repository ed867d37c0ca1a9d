export { type Duration, toSeconds } from "../shared/duration.ts";

const LAST_INSTANT = 2 ** 48 - 1; // a UUIDv7 has 48 bits for its milliseconds

/** Reads an injected clock; one that gives no time must not make a token valid. */
export function readClock(now: () => number): number {
  const time: unknown = now();
  if (!(typeof time === "number" && time >= 0 && time <= LAST_INSTANT)) {
    throw new TypeError("now() must return the milliseconds since 1970, as Date.now does");
  }
  return Math.floor(time);
}

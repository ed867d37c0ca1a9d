import { assert } from "../shared/assert.ts";

export { type Duration, toSeconds } from "../shared/duration.ts";

/** The last millisecond that a UUIDv7 can hold. */
const LAST_INSTANT = 2 ** 48 - 1;

/**
 * Reads an injected clock, and checks that it gives a time. Every comparison with `NaN` is false, so a check might
 * never find anything expired.
 */
export function readClock(now: () => number): number {
  const time: unknown = now();
  assert(
    typeof time === "number" && time >= 0 && time <= LAST_INSTANT,
    "now() must return the milliseconds since 1970, as Date.now does",
  );
  return Math.floor(time);
}

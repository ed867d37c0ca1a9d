export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * Returns the time of the machine's clock, in milliseconds since 1970. It looks up `Date.now` at each call, so that it
 * follows fake timers which a test installs later.
 */
export function systemClock(): number {
  return Date.now();
}

/** Returns milliseconds from an arbitrary start. They pass evenly even when the machine's clock is set. */
export function readStopwatch(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

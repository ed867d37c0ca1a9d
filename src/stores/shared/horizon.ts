import { DAY_MS, readStopwatch } from "../../shared/clock.ts";

/** An entry is kept for ten minutes after it expired, because the clocks of several machines differ a little. */
const MARGIN_MS = 600_000;

/** A clock that jumps ahead is trusted once it has stayed ahead for one to two of these generations. */
const GENERATION_MS = DAY_MS;

/**
 * Creates a function that computes the horizon: the instant by which an entry must have expired to be forgotten.
 *
 * A clock that is ahead for a while must not make a store forget what still counts. So the function compares the clock
 * with a stopwatch, and uses the smallest difference of the current generation and the one before.
 *
 * @param marginMs - how long an entry is kept after it expired
 * @returns a function that takes the clock's time and returns the horizon, both in milliseconds since 1970
 */
export function createHorizon(marginMs: number = MARGIN_MS): (now: number) => number {
  let [previous, current] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let began = readStopwatch();
  return (now) => {
    const elapsed = readStopwatch();
    const ahead = now - elapsed;
    if (elapsed - began >= GENERATION_MS) [previous, current, began] = [current, ahead, elapsed];
    current = Math.min(current, ahead);
    return elapsed + Math.min(previous, current) - marginMs;
  };
}

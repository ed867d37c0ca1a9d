import { stopwatch } from "../../shared/clock.ts";

/** An entry is kept for ten minutes after it expired, because the clocks of several machines differ a little. */
const MARGIN_MS = 600_000;

/** A clock that leaps ahead is believed once it has stayed ahead for one to two of these. */
const GENERATION_MS = 86_400_000;

/**
 * Makes a function that computes the horizon: the instant by which an entry must have expired to be forgotten.
 *
 * A clock that is ahead for a while must not make a store forget what still counts. So the clock is compared with a
 * stopwatch, and counts as being ahead of it by the least difference that was seen in the present generation and the
 * one before.
 *
 * @param marginMs - how long an entry is kept after it expired
 * @returns a function that takes the clock's time and returns the horizon, both in milliseconds since 1970
 */
export function createHorizon(marginMs: number = MARGIN_MS): (now: number) => number {
  let [previous, current] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let began = stopwatch();
  return (now) => {
    const elapsed = stopwatch();
    const ahead = now - elapsed;
    if (elapsed - began >= GENERATION_MS) [previous, current, began] = [current, ahead, elapsed];
    current = Math.min(current, ahead);
    return elapsed + Math.min(previous, current) - marginMs;
  };
}

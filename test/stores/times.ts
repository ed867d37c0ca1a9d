/** Time as tests have it pass: for the stopwatch, and for clocks that may leap beside it. */
import { vi } from "vitest";

/** A clock beside a stopwatch that stands still: both go on with the time that passes, and the clock alone leaps. */
export function timesFrom(start: number): {
  now: () => number;
  pass: (seconds: number) => void;
  leap: (seconds: number) => void;
} {
  let [now, passed] = [start, process.hrtime.bigint()];
  vi.spyOn(process.hrtime, "bigint").mockImplementation(() => passed);
  return {
    now: () => now,
    pass(seconds) {
      now += seconds * 1_000;
      passed += BigInt(Math.round(seconds * 1e9));
    },
    leap(seconds) {
      now += seconds * 1_000;
    },
  };
}

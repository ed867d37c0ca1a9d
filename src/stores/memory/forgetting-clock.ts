import { stopwatch } from "../../shared/clock.ts";

/** What has ended is kept for so long yet: clocks differ a little, and none has to be right to the minute. */
const MARGIN = 600_000;

/** For so long a clock that leaped ahead has to stay there before it is believed. */
const DOUBT = 60_000;

/**
 * Says up to which instant entries may have ended to be forgotten. A clock that is ahead for a moment must not make a store
 * forget what still counts, so that a stopwatch tells a leap from time that passed.
 *
 * @param now - the clock of the store: milliseconds since 1970
 */
export function forgettingClock(now: () => number): () => number {
  let ahead = now() - stopwatch(); // of the stopwatch, by as much as the clock is believed to be
  let doubtedAt: number | null = null;
  return () => {
    const passed = stopwatch();
    const claimed = now() - passed;
    const leaps = claimed - ahead > MARGIN;
    doubtedAt = leaps ? (doubtedAt ?? passed) : null;
    if (doubtedAt === null || passed - doubtedAt >= DOUBT) ahead = claimed;
    return passed + ahead - MARGIN;
  };
}

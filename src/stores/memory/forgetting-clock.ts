import { stopwatch } from "../../shared/clock.ts";

/** What has ended is kept for so long yet: clocks differ a little, and none has to be right to the minute. */
const MARGIN = 600_000;

/** For so long a clock has to stay ahead before it is believed, at the least; at the most, twice as long. */
const DOUBT = 86_400_000;

/**
 * Says up to which instant entries may have ended to be forgotten, by what a clock says now. A clock that is ahead for a
 * while must not make a store forget what still counts. So what it says is held against a stopwatch: it is believed to be as
 * far ahead of that as it was at the least in a day or two.
 *
 * @returns a function that takes milliseconds since 1970, as a clock says them now
 */
export function forgettingClock(): (now: number) => number {
  let [before, since] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let began = stopwatch();
  return (now) => {
    const passed = stopwatch();
    const ahead = now - passed;
    if (passed - began >= DOUBT) [before, since, began] = [since, ahead, passed];
    since = Math.min(since, ahead);
    return passed + Math.min(before, since) - MARGIN;
  };
}

import { type Duration, toSeconds } from "../core/time.ts";

/** A clock that moves only when it is told to. */
export interface FrozenClock {
  /** The instant it shows, in milliseconds since 1970: hand it on as `now`. */
  readonly now: () => number;
  /** Moves it on. */
  advance(duration: Duration): void;
  /** Sets it, forwards or back. */
  set(instant: Date | number | string): void;
}

/**
 * A clock that stands still, for `defineToken({ now })` and the stores in memory.
 *
 * @param start - where it stands at first; 2030-01-01 in UTC by default
 * @throws TypeError when an instant is none
 *
 * @example
 * ```ts
 * const clock = frozenClock("2030-01-01T00:00:00Z");
 * const token = defineToken({ keys, issuer: null, audience: null, now: clock.now });
 * clock.advance("15m");
 * ```
 */
export function frozenClock(start: Date | number | string = "2030-01-01T00:00:00Z"): FrozenClock {
  let time = millisecondsOf(start);
  return {
    now: () => time,
    advance(duration) {
      time += toSeconds("advance", duration, 0) * 1_000;
    },
    set(instant) {
      time = millisecondsOf(instant);
    },
  };
}

function millisecondsOf(instant: Date | number | string): number {
  const time = new Date(instant).getTime();
  if (Number.isNaN(time)) throw new TypeError("frozenClock takes a Date, milliseconds since 1970, or a date as text");
  return time;
}

import { type Duration, toSeconds } from "../core/time.ts";

/** A clock that moves only when it is told to. */
export interface FrozenClock {
  /** Returns its instant in milliseconds since 1970. Give it as the option `now`. */
  readonly now: () => number;
  /** Moves it forwards. */
  advance(duration: Duration): void;
  /** Sets it to an instant, forwards or back. */
  set(instant: Date | number | string): void;
}

/**
 * Creates a clock that stands still, for `defineToken({ now })` and the stores in memory.
 *
 * @param start - its first instant; 2030-01-01 in UTC by default
 * @throws TypeError when an instant is invalid
 *
 * @example
 * ```ts
 * const clock = frozenClock("2030-01-01T00:00:00Z");
 * const token = defineToken({ keys, issuer: null, audience: null, now: clock.now });
 * clock.advance("15m");
 * ```
 */
export function frozenClock(start: Date | number | string = "2030-01-01T00:00:00Z"): FrozenClock {
  let time = readInstant(start);
  return {
    now: () => time,
    advance(duration) {
      time += toSeconds("advance", duration, 0) * 1_000;
    },
    set(instant) {
      time = readInstant(instant);
    },
  };
}

function readInstant(instant: Date | number | string): number {
  const time = new Date(instant).getTime();
  if (Number.isNaN(time)) throw new TypeError("frozenClock takes a Date, milliseconds since 1970, or a date as text");
  return time;
}

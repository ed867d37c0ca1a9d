/**
 * A length of time: a number of seconds, or a whole number with its unit: `"90s"`, `"15m"`, `"1h"`, `"7d"`.
 */
export type Duration = number | `${number}${"s" | "m" | "h" | "d"}`;

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const SPELLING = /^(\d{1,9})([smhd])$/;
const LONGEST = 100 * 365 * UNITS.d;
const LAST_INSTANT = 2 ** 48 - 1; // a UUIDv7 has 48 bits for its milliseconds

/**
 * The whole seconds of a {@link Duration}.
 *
 * @throws TypeError naming the option, when it is anything else, shorter than `least`, or longer than 100 years
 */
export function toSeconds(name: string, duration: unknown, least: 0 | 1): number {
  const [, count, unit] = (typeof duration === "string" && SPELLING.exec(duration)) || [];
  const seconds = unit === undefined ? duration : Number(count) * UNITS[unit as keyof typeof UNITS];
  if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < least || seconds > LONGEST) {
    throw new TypeError(
      `${name} must be a whole number of seconds from ${least} to ${LONGEST}, or be written like "90s", "15m", "1h", "7d"`,
    );
  }
  return seconds;
}

/** Reads an injected clock; one that gives no time must not make a token valid. */
export function readClock(now: () => number): number {
  const time: unknown = now();
  if (!(typeof time === "number" && time >= 0 && time <= LAST_INSTANT)) {
    throw new TypeError("now() must return the milliseconds since 1970-01-01 UTC, as Date.now does");
  }
  return time;
}

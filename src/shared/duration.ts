import { assert } from "./assert.ts";

/**
 * A length of time: a number of seconds, or a whole number with its unit: `"90s"`, `"15m"`, `"1h"`, `"7d"`.
 */
export type Duration = number | `${number}${"s" | "m" | "h" | "d"}`;

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const SPELLING = /^(\d{1,9})([smhd])$/;
const LONGEST = 100 * 365 * UNITS.d;

/**
 * The whole seconds of a {@link Duration}.
 *
 * @throws TypeError naming the option, when it is anything else, shorter than `least`, or longer than `most`: 100 years
 */
export function toSeconds(name: string, duration: unknown, least: 0 | 1, most: number = LONGEST): number {
  const [, count, unit] = (typeof duration === "string" && SPELLING.exec(duration)) || [];
  const seconds = unit === undefined ? duration : Number(count) * UNITS[unit as keyof typeof UNITS];
  const fits = Number.isInteger(seconds) && (seconds as number) >= least && (seconds as number) <= most;
  assert(
    fits,
    `${name} must be a whole number of seconds from ${least} to ${most}, or be written like "90s", "15m", "1h", "7d"`,
  );
  return seconds as number;
}

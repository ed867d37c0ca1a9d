import { assert } from "./assert.ts";

/** A length of time: a whole number of seconds, or a whole number with a unit: `"90s"`, `"15m"`, `"1h"`, `"7d"`. */
export type Duration = number | `${number}${"s" | "m" | "h" | "d"}`;

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const SPELLING = /^(\d{1,9})([smhd])$/;

/** A hundred years. */
const MAX_SECONDS = 100 * 365 * UNITS.d;

/**
 * Converts a {@link Duration} to whole seconds.
 *
 * @throws TypeError that names the option, when the value is not a duration from `least` to `most` seconds: a hundred
 *   years by default
 */
export function toSeconds(name: string, duration: unknown, least: number, most: number = MAX_SECONDS): number {
  const [, count, unit] = (typeof duration === "string" && SPELLING.exec(duration)) || [];
  const seconds = unit === undefined ? duration : Number(count) * UNITS[unit as keyof typeof UNITS];
  const fits = Number.isInteger(seconds) && (seconds as number) >= least && (seconds as number) <= most;
  assert(
    fits,
    `${name} must be a whole number of seconds from ${least} to ${most}, or be written like "90s", "15m", "1h", "7d"`,
  );
  return seconds as number;
}

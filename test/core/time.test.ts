import { expect, it } from "vitest";
import { readClock, toSeconds } from "../../src/core/time.ts";

it.each([
  ["90s", 90],
  ["15m", 900],
  ["1h", 3_600],
  ["7d", 604_800],
  [1, 1],
  [3_153_600_000, 3_153_600_000],
])("%j is %i seconds", (duration, seconds) => {
  expect(toSeconds("expiresIn", duration, 1)).toBe(seconds);
});

it.each([
  ...[
    "",
    "15",
    "m",
    "15 m",
    " 15m",
    "15m ",
    "15M",
    "1.5h",
    "-15m",
    "+15m",
    "1e3s",
    "15min",
    "1h30m",
    "٣m",
    "0s",
    "36501d",
  ],
  ...[
    "9999999999s",
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    3_153_600_001,
    null,
    undefined,
    true,
    [],
    ["15m"],
  ],
  ...[{}, 15n, Symbol("15m"), new Date()],
])("%s is no duration", (duration) => {
  expect(() => toSeconds("expiresIn", duration, 1)).toThrow(/^expiresIn must be a whole number of seconds from 1 to/);
});

it("a tolerance may be nothing", () => {
  expect([toSeconds("clockTolerance", 0, 0), toSeconds("clockTolerance", "0s", 0)]).toEqual([0, 0]);
});

it.each([0, 1_893_456_000_000, 2 ** 48 - 1])("a clock may say %i", (time) => {
  expect(readClock(() => time)).toBe(time);
});

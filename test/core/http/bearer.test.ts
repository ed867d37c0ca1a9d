import { expect, it } from "vitest";
import { AuthError } from "../../../src/core/errors.ts";
import { parseBearer } from "../../../src/core/http/bearer.ts";
import { MEGABYTES } from "../../support/megabytes.ts";

function refusal(header: unknown): unknown {
  try {
    return parseBearer(header as string);
  } catch (error) {
    return error instanceof AuthError ? error.code : error;
  }
}

it.each([
  ["Bearer abc", "abc"],
  ["bearer abc", "abc"],
  ["BEARER abc", "abc"],
  ["bEaReR   abc", "abc"],
  ["Bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="],
])("%j carries %s", (header, token) => {
  expect(parseBearer(header)).toBe(token);
});

it.each([
  undefined,
  null,
  "",
  " ",
  "Basic dXNlcjpwYXNz",
  "Bearers abc",
  "Bearer-x abc",
  "BearerToken",
  "x",
  "Digest a=b, c=d",
])("%j is no Bearer credential", (header) => {
  expect(parseBearer(header)).toBeNull();
});

it.each([
  ...["Bearer", "Bearer ", "bearer    ", "Bearer a b", "Bearer a ", "Bearer a,b", "Bearer a, Bearer b", "Bearer a=b"],
  ...["Bearer =", "Bearer ==", "Bearer é", "Bearer\ta", "Bearer \ta", "Bearer a\n", "Bearer a\r\nX: y", "Bearer: a"],
  ...['Bearer "a"', "Bearer,a", "Bearer\0a", "Basic a, Bearer b", "Basic a,bearer b", "Bearer\u00a0a"],
])("%j is malformed", (header) => {
  expect(refusal(header)).toBe("invalid_request");
});

it.each([1, true, {}, [], ["Bearer a"], Symbol("a"), { toString: () => "Bearer a" }])("%s is no header", (header) => {
  expect(refusal(header)).toBe("invalid_request");
});

it.each(["Bearer ", "Bearer a", ", ", ",", " ", "Bearer", "a=", "bearer =", ", bearer"])(
  "megabytes of %j are read in bounded time",
  (unit) => {
    const started = performance.now();
    refusal(`Bearer ${unit.repeat(MEGABYTES / unit.length)}\n`);
    refusal(unit.repeat(MEGABYTES / unit.length));
    expect(performance.now() - started).toBeLessThan(2_000);
  },
);

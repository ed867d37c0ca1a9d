import { describe, expect, it } from "vitest";
import { CLAIMS, profileOf, reasonFor, SECOND, signed } from "../support/tokens.ts";

const NO_STRING = [null, 0, 1, true, false, [], {}, ["x"]];
const NO_TIME = [null, "", "1893456000", true, false, [], {}, [SECOND]];
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  iss: NO_STRING,
  sub: [...NO_STRING, ""],
  jti: NO_STRING,
  sid: [...NO_STRING, ""],
  aud: [null, 0, 1, true, {}, [1], ["x", null], [["x"]]],
  exp: NO_TIME,
  nbf: NO_TIME,
  iat: NO_TIME,
};

describe.each(Object.entries(WRONG))("%s of the wrong type", (claim, values) => {
  it.each(values.map((value) => [JSON.stringify(value), value]))(
    "is refused, not taken as missing: %s",
    async (_text, value) => {
      expect(await reasonFor(signed({ ...CLAIMS, [claim]: value }))).toMatch(
        new RegExp(`^invalid_token: ${claim} is .+, expected a `),
      );
    },
  );
});

describe("exp and iat", () => {
  it.each(["exp", "iat"])("%s must be there", async (claim) => {
    expect(await reasonFor(signed({ ...CLAIMS, [claim]: undefined }))).toBe(
      "invalid_token: exp and iat must both be there",
    );
  });

  it.each(["exp", "iat", "nbf"])("%s is a finite number", async (claim) => {
    for (const infinite of ["1e999", "-1e999"]) {
      const payload = JSON.stringify({ ...CLAIMS, [claim]: "?" }).replace('"?"', infinite);
      expect(await reasonFor(signed(payload))).toMatch(new RegExp(`^invalid_token: ${claim} is .+, expected a `));
    }
  });
});

const at = (milliseconds: number, options = {}) =>
  profileOf(undefined, { now: () => SECOND * 1_000 + milliseconds, ...options });
const GOOD = /^accepted$/;
const EXPIRED = /^expired: exp is \S+, and has been reached, at \S+ with a clockTolerance of \d+ s$/;
const AGED = /^expired: iat is \S+, longer ago than the profile's maxAge of 60 s, at /;
const EARLY = /^invalid_token: nbf is \S+, and still to come, at /;
const UNBORN = /^invalid_token: iat is \S+, and still to come, at /;

describe("edges in time", () => {
  it.each([
    ["a millisecond before exp", { exp: SECOND + 1 }, 999, {}, GOOD],
    ["exp itself", { exp: SECOND + 1 }, 1_000, {}, EXPIRED],
    ["exp and tolerance, less a millisecond", { exp: SECOND }, 4_999, { clockTolerance: 5 }, GOOD],
    ["exp and tolerance", { exp: SECOND }, 5_000, { clockTolerance: 5 }, EXPIRED],
    ["half a second of exp", { exp: SECOND + 0.5 }, 500, {}, EXPIRED],
    ["just before half a second of exp", { exp: SECOND + 0.5 }, 499, {}, GOOD],
    ["an exp of 0", { exp: 0 }, 0, {}, EXPIRED],
    ["a negative exp", { exp: -1 }, 0, {}, EXPIRED],
    ["an exp far beyond", { exp: Number.MAX_VALUE }, 0, {}, GOOD],
    ["nbf itself", { nbf: SECOND + 1 }, 1_000, {}, GOOD],
    ["a millisecond before nbf", { nbf: SECOND + 1 }, 999, {}, EARLY],
    ["nbf less tolerance", { nbf: SECOND + 5 }, 0, { clockTolerance: 5 }, GOOD],
    ["before nbf less tolerance", { nbf: SECOND + 6 }, 0, { clockTolerance: 5 }, EARLY],
    ["half a second of nbf, before", { nbf: SECOND + 0.5 }, 499, {}, EARLY],
    ["half a second of nbf, in its second", { nbf: SECOND + 0.5 }, 999, {}, EARLY],
    ["half a second of nbf, the second after", { nbf: SECOND + 0.5 }, 1_000, {}, GOOD],
    ["a negative nbf", { nbf: -1 }, 0, {}, GOOD],
    [
      "an iat a second past tolerance, with maxAge",
      { iat: SECOND + 6 },
      999,
      { maxAge: 60, clockTolerance: 5 },
      UNBORN,
    ],
    ["a negative iat, with maxAge", { iat: -1 }, 0, { maxAge: 60 }, AGED],
    ["an iat far beyond, with maxAge", { iat: Number.MAX_VALUE }, 0, { maxAge: 60 }, UNBORN],
    ["an exp far beyond, older than maxAge", { exp: Number.MAX_VALUE }, 60_000, { maxAge: 60 }, AGED],
    ["exp before nbf, at neither", { exp: SECOND, nbf: SECOND + 9 }, 0, {}, EXPIRED],
    ["an nbf far beyond", { nbf: Number.MAX_VALUE }, 0, {}, EARLY],
    ["an iat to come, without maxAge", { iat: SECOND + 60 }, 0, {}, GOOD],
    ["an iat to come, with maxAge", { iat: SECOND + 60 }, 0, { maxAge: 60 }, UNBORN],
    ["an iat to come within tolerance", { iat: SECOND + 5 }, 0, { maxAge: 60, clockTolerance: 5 }, GOOD],
    ["a millisecond before maxAge", {}, 59_999, { maxAge: 60 }, GOOD],
    ["maxAge itself", {}, 60_000, { maxAge: 60 }, AGED],
    ["maxAge and tolerance", {}, 65_000, { maxAge: 60, clockTolerance: 5 }, AGED],
    ["maxAge and tolerance, less a millisecond", {}, 64_999, { maxAge: 60, clockTolerance: 5 }, GOOD],
  ])("%s", async (_edge, claims, milliseconds, options, answer) => {
    expect(await reasonFor(signed({ ...CLAIMS, ...claims }), at(milliseconds, options))).toMatch(answer);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, "now", undefined, null, 2 ** 48])(
    "a clock that tells no time makes nothing valid: %s",
    async (time) => {
      const profile = profileOf(undefined, { now: () => time as number });
      await expect(reasonFor(signed(), profile)).rejects.toThrow(/now\(\) must return the milliseconds/);
    },
  );
});

describe("expired", () => {
  const past = { ...CLAIMS, exp: SECOND - 1 };

  it("is only said of a token whose signature held", async () => {
    expect(await reasonFor(signed(past))).toMatch(EXPIRED);
    expect(await reasonFor(signed(past, undefined, "another secret of thirty-two bytes"))).toMatch(
      /^invalid_token: the signature/,
    );
  });

  it("is not said of a stranger's token", async () => {
    const strict = profileOf(undefined, { issuer: "https://api.example.com" });
    expect(await reasonFor(signed(past), strict)).toBe(
      'invalid_token: iss is missing, expected "https://api.example.com"',
    );
  });
});

describe("issuer and audience", () => {
  const strict = profileOf(undefined, { issuer: "me", audience: ["one", "two"] });
  const ISS = /^invalid_token: iss is (missing|".*"), expected "me"$/;
  const AUD = /^invalid_token: aud is (missing|".*"|\[.*\]), expected one of "one", "two"$/;

  it.each([
    [{ iss: "me", aud: "one" }, GOOD],
    [{ iss: "me", aud: ["other", "two"] }, GOOD],
    [{ aud: "one" }, ISS],
    [{ iss: "", aud: "one" }, ISS],
    [{ iss: "ME", aud: "one" }, ISS],
    [{ iss: "me/", aud: "one" }, ISS],
    [{ iss: "me" }, AUD],
    [{ iss: "me", aud: "" }, AUD],
    [{ iss: "me", aud: [] }, AUD],
    [{ iss: "me", aud: "one two" }, AUD],
    [{ iss: "me", aud: "on" }, AUD],
    [{ iss: "me", aud: ["onetwo", ""] }, AUD],
  ])("%j: %s", async (claims, answer) => {
    expect(await reasonFor(signed({ ...CLAIMS, ...claims }), strict)).toMatch(answer);
  });
});

import { describe, expect, it } from "vitest";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createJti, readIssueTime } from "../../../src/core/token/jti.ts";
import { defineToken, type TokenProfile } from "../../../src/core/token/profile.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { MEGABYTES } from "../../support/megabytes.ts";
import { NOW, profileOf, SECOND, SECRET } from "../../support/tokens.ts";

const issue = (claims: unknown, profile: TokenProfile = profileOf()): Promise<string> =>
  issueToken(claims as object, profile);

describe("what is written", () => {
  it("is all that a profile says", async () => {
    const profile = defineToken({
      keys: secretKey(SECRET, { kid: "k" }),
      issuer: "me",
      audience: ["one", "two"],
      expiresIn: "1h",
      now: () => NOW + 999,
    });
    const { header, claims } = decodeToken(await issueToken({ sub: "user-1", role: "admin" }, profile));
    expect(header).toEqual({ alg: "HS256", typ: "at+jwt", kid: "k" });
    const { jti, ...others } = claims;
    const whole = { iss: "me", aud: ["one", "two"], iat: SECOND, exp: SECOND + 3_600, sub: "user-1", role: "admin" };
    expect(others).toEqual(whole);
    expect(readIssueTime(String(jti), SECOND)).toBe(NOW + 999);
  });

  it("is less where a check is off", async () => {
    const { header, claims } = decodeToken(await issue({}, profileOf(undefined, { typ: null })));
    expect(header).toEqual({ alg: "HS256", typ: "JWT" });
    expect(Object.keys(claims).sort()).toEqual(["exp", "iat", "jti"]);
  });

  it("has an audience as text where there is one", async () => {
    expect(decodeToken(await issue({}, profileOf(undefined, { audience: ["one"] }))).claims.aud).toBe("one");
  });

  it("may be valid for another time than the profile's", async () => {
    const token = await issueToken({}, profileOf(), { expiresIn: "10s" });
    expect(decodeToken(token).claims.exp).toBe(SECOND + 10);
    expect(decodeToken(await issueToken({}, profileOf(), {})).claims.exp).toBe(SECOND + 900);
  });

  it.each([0, -1, "soon", null, Number.NaN])("may not be valid for %j", async (expiresIn) => {
    await expect(issueToken({}, profileOf(), { expiresIn: expiresIn as number })).rejects.toThrow(/^expiresIn must be/);
  });

  it("takes no other option", async () => {
    await expect(issueToken({}, profileOf(), { expires: 1 } as object)).rejects.toThrow(/no option "expires"/);
    await expect(issueToken({}, profileOf(), null as never)).rejects.toThrow(/takes a plain object with options/);
  });
});

describe("what is refused", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  it.each<readonly [string, unknown, RegExp]>([
    ["no object", null, /takes the claims as a plain object/],
    ["nothing", undefined, /takes the claims as a plain object/],
    ["text", "user-1", /takes the claims as a plain object/],
    ["a list", ["user-1"], /takes the claims as a plain object/],
    ["iss", { iss: "me" }, /iss is written by the profile/],
    ["aud", { aud: "x" }, /aud is written by the profile/],
    ["exp", { exp: 1 }, /exp is written by the profile/],
    ["iat", { iat: 1 }, /iat is written by the profile/],
    ["jti", { jti: "x" }, /jti is written by the profile/],
    ["exp, undefined", { exp: undefined }, /exp is written by the profile/],
    ["a sub that is a number", { sub: 1 }, /sub is 1, expected a non-empty string/],
    ["a sub that is null", { sub: null }, /sub is null, expected a non-empty string/],
    ["an nbf that is text", { nbf: "now" }, /nbf is "now", expected a finite number/],
    ["an nbf that is no number", { nbf: Number.NaN }, /nbf is NaN, expected a finite number/],
    ["a sid that is an object", { sid: {} }, /sid is an object, expected a non-empty string/],
    ["an empty sub", { sub: "" }, /sub is "", expected a non-empty string/],
    ["an empty sid", { sid: "" }, /sid is "", expected a non-empty string/],
    ["a sub that becomes text in JSON", { sub: { toJSON: () => "user-1" } }, /sub is an object/],
    ["a sub that JSON leaves out", { sub: () => "user-1" }, /sub is a function/],
    [
      "a scope that is a list",
      { scope: ["read", "write"] },
      /scope is \["read", "write"\], expected scopes in a string/,
    ],
    ["a scope that is null", { scope: null }, /scope is null/],
    ["scopes in lines", { scope: "read\nwrite" }, /scope is "read\\nwrite"/],
    ["a scope in quotes", { scope: '"read"' }, /expected scopes in a string/],
    ["an nbf at the end", { nbf: SECOND + 900 }, /the token would end at \d+, before it begins/],
    ["an nbf in the last second", { nbf: SECOND + 899.5 }, /before it begins/],
    ["a bigint", { n: 1n }, /can't be written as JSON/],
    ["a circle", circular, /can't be written as JSON/],
    [
      "a throwing getter",
      {
        get sub() {
          throw new Error("boo");
        },
      },
      /can't be written as JSON/,
    ],
    [
      "a throwing toJSON inside",
      {
        x: {
          toJSON() {
            throw new Error("boo");
          },
        },
      },
      /can't be written as JSON/,
    ],
    ["a toJSON of its own", { sub: "user-1", toJSON: () => ({ sub: "user-2" }) }, /a toJSON would sign something else/],
    ["megabytes", { x: "x".repeat(MEGABYTES) }, /over the profile's maxBytes \(8192\)/],
  ])("%s", async (_what, claims, why) => {
    await expect(issue(claims)).rejects.toThrow(why);
    await expect(issue(claims)).rejects.toBeInstanceOf(TypeError);
  });

  it("what would not be verified for its length is not issued", async () => {
    const long = (length: number): Promise<string> =>
      issue({ x: "x".repeat(length) }, profileOf(undefined, { maxBytes: 1_000 }));
    const short = await long(1);
    const most = Math.floor(((1_000 - short.length) * 3) / 4) + 1;
    expect((await long(most)).length).toBeLessThanOrEqual(1_000);
    await expect(long(most + 3)).rejects.toThrow(/over the profile's maxBytes/);
  });
});

it("a getter is read once, so that what is checked is what is signed", async () => {
  let reads = 0;
  const claims = {
    get sub() {
      reads += 1;
      return reads === 1 ? "user-1" : 2;
    },
  };
  expect(decodeToken(await issue(claims)).claims.sub).toBe("user-1");
  expect(reads).toBe(1);
});

describe("jti", () => {
  it("is a UUIDv7 of the millisecond, and never twice", () => {
    const ids = Array.from({ length: 1_000 }, () => createJti(NOW));
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect([...ids, createJti(NOW + 1)].sort().at(-1)).toMatch(new RegExp(`^${createJti(NOW + 1).slice(0, 13)}`));
  });

  it.each([0, NOW, NOW + 999, 2 ** 48 - 1])("tells the time it was made at: %i", (time) => {
    expect(readIssueTime(createJti(time), Math.floor(time / 1_000))).toBe(time);
  });

  it.each([undefined, "", "x", "a random id", "01a20ce4-2ff1-40a8-8fc7-21a5e0131522", createJti(NOW + 5_000)])(
    "a foreign %s is no measure of time, so that iat is",
    (jti) => {
      expect(readIssueTime(jti, SECOND)).toBe(NOW);
    },
  );
});

it("a token without sub is verified, and a guard says what it lacks", async () => {
  const profile = profileOf();
  const token = await issueToken({ scope: "orders:read" }, profile);
  expect((await verifyToken(token, profile)).sub).toBeUndefined();
  await expect(createGuard({ token: profile }).authenticate(`Bearer ${token}`)).rejects.toMatchObject({
    code: "invalid_token",
    cause: { message: "sub is missing, expected a user's id" },
  });
});

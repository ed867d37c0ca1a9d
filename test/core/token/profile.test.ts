import { describe, expect, it } from "vitest";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import { keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken, type TokenOptions, type TokenProfile } from "../../../src/core/token/profile.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { SECRET } from "../../support/tokens.ts";

const keys = secretKey(SECRET);
const whole = { keys, issuer: "https://api.example.com", audience: "https://api.example.com" };
const define = (options: object): TokenProfile => defineToken(options as TokenOptions);

it("has the defaults that its docs tell", () => {
  expect({ ...defineToken(whole) }).toEqual({
    issuer: "https://api.example.com",
    audience: ["https://api.example.com"],
    typ: "at+jwt",
    expiresIn: 900,
    clockTolerance: 0,
    now: systemClock,
  });
});

describe("what switches a check off by mistake throws", () => {
  it.each<readonly [object, RegExp]>([
    [{ keys, audience: "x" }, /issuer must be a non-empty string; null switches the check off/],
    [{ keys, issuer: "x" }, /audience must be a non-empty string, or a list of them; null switches the check off/],
    [{ ...whole, issuer: undefined }, /issuer is undefined/],
    [{ ...whole, audience: undefined }, /audience is undefined/],
    [{ ...whole, issuer: "" }, /issuer must be a non-empty string/],
    [{ ...whole, issuer: ["x"] }, /issuer must be a non-empty string/],
    [{ ...whole, audience: "" }, /audience must be/],
    [{ ...whole, audience: [] }, /audience must be/],
    [{ ...whole, audience: [""] }, /audience must be/],
    [{ ...whole, audience: ["x", null] }, /audience must be/],
    [{ ...whole, audience: /x/ }, /audience must be/],
    [{ ...whole, audiences: "x" }, /there is no option "audiences"/],
    [{ ...whole, algorithms: ["none"] }, /there is no option "algorithms"/],
    [{ ...whole, ignoreExpiration: true }, /there is no option "ignoreExpiration"/],
    [{ ...whole, typ: "" }, /typ must be a non-empty string/],
    [{ ...whole, typ: 1 }, /typ must be a non-empty string/],
    [{ ...whole, typ: undefined }, /typ is undefined/],
    [{ ...whole, expiresIn: 0 }, /expiresIn must be/],
    [{ ...whole, expiresIn: Number.NaN }, /expiresIn must be/],
    [{ ...whole, expiresIn: null }, /expiresIn must be/],
    [{ ...whole, expiresIn: Number.POSITIVE_INFINITY }, /expiresIn must be/],
    [{ ...whole, maxAge: null }, /maxAge must be/],
    [{ ...whole, maxAge: 0 }, /maxAge must be/],
    [{ ...whole, clockTolerance: -1 }, /clockTolerance must be/],
    [{ ...whole, clockTolerance: "5" }, /clockTolerance must be/],
    [{ ...whole, maxBytes: 0 }, /maxBytes must be a whole number from 128 to 1048576/],
    [{ ...whole, maxBytes: Number.POSITIVE_INFINITY }, /maxBytes must be/],
    [{ ...whole, cacheSize: -1 }, /cacheSize must be a whole number from 0 to 1000000/],
    [{ ...whole, cacheSize: Number.POSITIVE_INFINITY }, /cacheSize must be/],
    [{ ...whole, cacheSize: null }, /cacheSize must be/],
    [{ ...whole, threadPool: "yes" }, /threadPool must be true or false/],
    [{ ...whole, threadPool: true }, /threadPool is for key pairs/],
    [{ ...whole, schema: {} }, /schema must be a Standard Schema/],
    [{ ...whole, schema: null }, /schema must be a Standard Schema/],
    [{ ...whole, now: 1_000 }, /now must be a function like Date.now/],
    [{ ...whole, now: new Date() }, /now must be a function/],
    [
      { issuer: null, audience: null },
      /keys must be made by secretKey, keyRing, .* importKey or importJwks \(await it\)$/,
    ],
    [{ ...whole, keys: SECRET }, /keys must be made by/],
    [{ ...whole, keys: [keys] }, /keys must be made by/],
    [
      { ...whole, keys: importKey({ kty: "oct", k: "x", alg: "HS256" }).catch(() => null) },
      /^keys is a promise: await it$/,
    ],
  ])("%o", (options, why) => {
    expect(() => define(options)).toThrow(why);
    expect(() => define(options)).toThrow(TypeError);
  });

  it.each([undefined, null, 1, "x", []])("no options: %j", (options) => {
    expect(() => define(options as object)).toThrow("defineToken takes a plain object with options");
  });
});

describe("one definition, both sides", () => {
  const access = defineToken(whole);

  it.each<readonly [string, object]>([
    ["typ", { typ: "rt+jwt" }],
    ["issuer", { issuer: "https://other.example.com" }],
    ["audience", { audience: "https://other.example.com" }],
    ["key", { keys: secretKey(`${SECRET}!`) }],
    ["algorithm", { keys: secretKey(SECRET.repeat(2), { algorithm: "HS512" }) }],
  ])("a token of a profile with another %s passes for none of this one", async (_what, other) => {
    const token = await issueToken({ sub: "user-1" }, define({ ...whole, ...other }));
    await expect(verifyToken(token, access)).rejects.toMatchObject({ code: "invalid_token" });
    await expect(
      verifyToken(await issueToken({ sub: "user-1" }, access), define({ ...whole, ...other })),
    ).rejects.toMatchObject({
      code: "invalid_token",
    });
  });
});

it("can't be changed, nor by the list it was given", () => {
  const audience = ["one"];
  const profile = defineToken({ ...whole, audience });
  audience.push("two");
  expect(profile.audience).toEqual(["one"]);
  expect(Object.isFrozen(profile) && Object.isFrozen(profile.audience)).toBe(true);
});

it("takes a ring whose current key is a pair", async () => {
  const profile = defineToken({ ...whole, keys: keyRing(await importKey(await generateKey("Ed25519")), keys) });
  expect((await verifyToken(await issueToken({ sub: "x" }, profile), profile)).sub).toBe("x");
});

it.each([undefined, null, {}, "x", whole, keys])("%s is no profile", async (profile) => {
  await expect(verifyToken("a.b.c", profile as TokenProfile)).rejects.toThrow(
    "verifyToken takes a profile of defineToken({ keys: secretKey(secret), issuer, audience }) or trustIssuer",
  );
  await expect(issueToken({}, profile as TokenProfile)).rejects.toThrow(
    "issueToken takes a profile of defineToken({ keys: secretKey(secret), issuer, audience }) or trustIssuer",
  );
});

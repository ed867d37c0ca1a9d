import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KEY } from "../../../src/core/keys/key.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { profileOf } from "../../support/tokens.ts";

describe.each([
  ["HS256", 32],
  ["HS384", 48],
  ["HS512", 64],
] as const)("%s", (algorithm, bytes) => {
  it(`takes ${bytes} bytes, and not one less`, () => {
    expect(secretKey(randomBytes(bytes), { algorithm })).toMatchObject({ algorithm, kid: null, canSign: true });
    expect(() => secretKey(new Uint8Array(bytes - 1).fill(200), { algorithm })).toThrow(
      `A secret for ${algorithm} needs at least ${bytes} bytes, and this one has ${bytes - 1}. Make one with: npx hallpass secret ${algorithm}`,
    );
  });

  it("signs and verifies", async () => {
    const profile = profileOf(secretKey(randomBytes(bytes), { algorithm, kid: "k" }));
    expect((await verifyToken(await issueToken({ sub: "user-1" }, profile), profile)).sub).toBe("user-1");
  });
});

it("counts a string's bytes, not its characters", () => {
  expect(secretKey("é".repeat(16)).algorithm).toBe("HS256");
  expect(() => secretKey("é".repeat(15))).toThrow(/this one has 30/);
});

it("tells how to make a secret that works", () => {
  const { message } = (() => {
    try {
      return secretKey("") as unknown as Error;
    } catch (error) {
      return error as Error;
    }
  })();
  expect(message).toContain("this one has 0 (is an environment variable not set?)");
  expect(message).toMatch(/Make one with: npx hallpass secret HS256$/);
});

it("looks at the bytes of a view, and at no others", () => {
  const whole = new Uint8Array(96).fill(7);
  expect(() => secretKey(whole.subarray(0, 31))).toThrow(/this one has 31/);
});

it("is not changed by what becomes of the bytes later", () => {
  const bytes = new Uint8Array(32).fill(7);
  const key = secretKey(bytes);
  const signature = key[KEY].sign?.("x") as string;
  bytes.fill(0);
  expect(key[KEY].verify(`x.${signature}`, 1)).toBe(true);
});

it.each([undefined, null])("a secret that is %s is said to be missing", (secret) => {
  expect(() => secretKey(secret as unknown as string)).toThrow(
    `secretKey: the secret is ${secret}; it must be given (is an environment variable not set?)`,
  );
});

it.each([1, {}, [], true, new ArrayBuffer(64), new DataView(new ArrayBuffer(64)), Symbol("s")])(
  "%s is no secret",
  (secret) => {
    expect(() => secretKey(secret as unknown as string)).toThrow("secretKey takes a string or Uint8Array");
  },
);

it.each(["RS256", "none", "hs256", "", null, 1, "constructor"])("%j is no algorithm for a secret", (algorithm) => {
  const options = { algorithm } as unknown as { algorithm: "HS256" };
  expect(() => secretKey("x".repeat(64), options)).toThrow("secretKey: algorithm must be HS256, HS384 or HS512");
});

it.each(["", 1, null])("%j is no kid", (kid) => {
  expect(() => secretKey("x".repeat(64), { kid: kid as string })).toThrow("secretKey: kid must be a non-empty string");
});

it("shows nothing of the secret", () => {
  const key = secretKey("a secret of thirty-two bytes, or more");
  expect(JSON.stringify(key)).toBe('{"algorithm":"HS256","kid":null,"canSign":true,"retiresAt":null}');
  expect(Object.isFrozen(key)).toBe(true);
});

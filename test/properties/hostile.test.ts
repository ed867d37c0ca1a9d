import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { parseBearer } from "../../src/core/http/bearer.ts";
import { formatChallenge } from "../../src/core/http/challenge.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import { toSeconds } from "../../src/core/time.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { anyCharacter } from "../support/texts.ts";
import { runs } from "../support/thorough.ts";
import { HEADER, profileOf, SECRET, signed } from "../support/tokens.ts";

const hasher = createPasswordHasher({ memoryCost: 64, timeCost: 1, ceiling: { memoryCost: 1_024, timeCost: 2 } });
const profile = profileOf();
// Named one by one, since no list of an engine's own messages would be complete.
const OURS = new RegExp(
  [
    "^(?:parseBearer|formatChallenge|secretKey|importKey|keyRing|publicJwks|defineToken|issueToken|verifyToken)\\b",
    "^a part of the claims is lost in JSON",
    "^(?:issuer|audience|typ|expiresIn|maxAge|clockTolerance|maxBytes|claims|now|keys) must be ",
    "^A secret for HS\\d+ needs at least ",
    "^ML-DSA-\\d+ needs a runtime that has it",
  ].join("|"),
);

const FUNCTIONS: Readonly<Record<string, (value: never) => unknown>> = {
  parseBearer,
  formatChallenge,
  secretKey,
  importKey,
  keyRing,
  defineToken,
  decodeToken,
  verifyToken: (value) => verifyToken(value, profile),
  "verifyToken's profile": (value) => verifyToken("a.b.c", value),
  issueToken: (value) => issueToken(value, profile),
  "secretKey's options": (value) => secretKey(SECRET, value),
  "importKey's options": (value) => importKey({ kty: "oct", k: "A".repeat(43), alg: "HS256" }, value),
  "issueToken's options": (value) => issueToken({}, profile, value),
  "keyRing's second key": (value) => keyRing(secretKey(SECRET), value),
  publicJwks,
  "a challenge's value": (realm) => formatChallenge({ realm }),
  toSeconds: (value) => toSeconds("expiresIn", value, 1),
  isAuthError,
  "a signed payload": (value) => verifyToken(signed(value ?? "null"), profile),
  "a signed header": (value) => verifyToken(signed({}, value ?? HEADER), profile),
  hash: (value) => hasher.hash(value),
  compare: (value) => hasher.compare(value, value),
  needsRehash: (value) => hasher.needsRehash(value),
};

const whole = { keys: secretKey(SECRET), issuer: "me", audience: "you" };
const option = fc.oneof(fc.anything(), fc.constantFrom<unknown>("15m", 60, "x", ["x"], null, Date.now, whole.keys));
const anything = fc.oneof(
  fc
    .record(
      {
        issuer: option,
        audience: option,
        typ: option,
        expiresIn: option,
        maxAge: option,
        maxBytes: option,
        now: option,
      },
      { requiredKeys: [] },
    )
    .map((options) => ({ ...whole, ...options })),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
  fc.string({ unit: anyCharacter }),
  fc.string().map((text) => `Bearer ${text}`),
  fc.string().map((text) => `-----BEGIN PUBLIC KEY-----\n${text}`),
  fc.record({
    kty: fc.constantFrom("oct", "RSA", "EC", "OKP"),
    alg: fc.anything(),
    kid: fc.anything(),
    k: fc.anything(),
    d: fc.anything(),
  }),
);

function boom(): never {
  throw new RangeError("boom");
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const trap = (name: string): object => Object.defineProperty({}, name, { get: boom, enumerable: true });

const HOSTILE: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  "a number": Number.NaN,
  "a bigint": 10n,
  "a symbol": Symbol("s"),
  "a function": boom,
  "a revoked object": revoked({}),
  "a revoked list": revoked([]),
  "a revoked function": revoked(boom),
  "a proxy that throws": new Proxy({}, { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom }),
  "what throws when turned into text": { [Symbol.toPrimitive]: boom, toString: boom, valueOf: boom, toJSON: boom },
  ...Object.fromEntries(
    ["kty", "keys", "issuer", "realm", "sub", "algorithm", "expiresIn"].map((name) => [
      `a ${name} that throws`,
      trap(name),
    ]),
  ),
  "an audience that is revoked": { ...whole, audience: revoked([]) },
  "an audience that throws": { ...whole, audience: Object.defineProperty(["x"], 0, { get: boom }) },
  "an issuer that is revoked": { ...whole, issuer: revoked({}) },
  "keys that are revoked": { ...whole, keys: revoked({}) },
  "a schema that is revoked": { ...whole, schema: revoked({}) },
  "a schema that throws": { ...whole, schema: trap("~standard") },
  "a k that is revoked": { kty: "oct", alg: "HS256", k: revoked({}) },
  "key_ops that are revoked": { kty: "oct", alg: "HS256", k: "A".repeat(43), key_ops: revoked([]) },
  "a JWK's member that throws": { kty: "RSA", e: "AQAB", ...{ __proto__: trap("n") } },
  "a JWK's own member that throws": Object.defineProperty({ kty: "EC" }, "x", { get: boom, enumerable: true }),
  "a crv that throws": { kty: "EC", crv: { toString: boom }, x: "a", y: "a" },
  "a claim that is revoked": { x: revoked({}) },
  megabytes: "x".repeat(MEGABYTES),
  "megabytes behind the scheme": `Bearer ${"a ".repeat(MEGABYTES / 2)}`,
};

async function complaintOf(call: (value: never) => unknown, value: unknown): Promise<unknown> {
  try {
    await call(value as never);
  } catch (error) {
    if (isAuthError(error) || (error instanceof TypeError && OURS.test(error.message))) return undefined;
    return error;
  }
}

const OF_ANY_VALUE = Object.entries(FUNCTIONS).filter(([name]) => !name.startsWith("a signed"));

describe.each(OF_ANY_VALUE)("%s", (_name, call) => {
  it.each(Object.entries(HOSTILE))("of %s answers or refuses in our own words, and soon", async (_what, value) => {
    const started = performance.now();
    expect(await complaintOf(call, value)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe.each(Object.entries(FUNCTIONS))("%s", (name, call) => {
  it("only ever gives an answer, an AuthError, or a TypeError of ours", async () => {
    const isPayload = name.startsWith("a signed");
    await fc.assert(
      fc.asyncProperty(isPayload ? fc.jsonValue() : anything, async (value) => {
        expect(await complaintOf(call, value)).toBeUndefined();
      }),
      { numRuns: runs(100, 300) },
    );
  });
});

import fc from "fast-check";
import { describe, it } from "vitest";
import { parseBearer } from "../../src/core/bearer.ts";
import { formatChallenge } from "../../src/core/challenge.ts";
import { isAuthError } from "../../src/core/errors.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { HEADER, profileOf, signed } from "../support/tokens.ts";

const hasher = createPasswordHasher({ memoryCost: 64, timeCost: 1, ceiling: { memoryCost: 1_024, timeCost: 2 } });
const profile = profileOf();
// What an engine says when a library forgot to look.
const NOT_OURS =
  /Cannot (read|set|convert|destructure)|is not (a function|iterable|an object)|undefined \(|Invalid (array|string) length/;

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
  "a signed payload": (value) => verifyToken(signed(value ?? "null"), profile),
  "a signed header": (value) => verifyToken(signed({}, value ?? HEADER), profile),
  hash: (value) => hasher.hash(value),
  compare: (value) => hasher.compare(value, value),
  needsRehash: (value) => hasher.needsRehash(value),
};

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
  fc.string({ unit: "binary" }),
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

describe.each(Object.entries(FUNCTIONS))("%s", (name, call) => {
  it("only ever gives an answer, an AuthError, or a TypeError of ours", async () => {
    const isPayload = name.startsWith("a signed");
    await fc.assert(
      fc.asyncProperty(isPayload ? fc.jsonValue() : anything, async (value) => {
        try {
          await call(value as never);
        } catch (error) {
          if (isAuthError(error)) return;
          if (error instanceof TypeError && !NOT_OURS.test(error.message)) return;
          throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});

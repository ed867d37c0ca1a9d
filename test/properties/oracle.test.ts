import fc from "fast-check";
import { importJWK, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { encode, NOW, profileOf, reasonFor, SECOND, SECRET, signed } from "../support/tokens.ts";

const ALGORITHMS: readonly Algorithm[] = [
  ...(["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "Ed25519", "EdDSA"] as const),
];
const CHECKS = {
  typ: "at+jwt",
  issuer: "me",
  audience: "you",
  currentDate: new Date(NOW),
  requiredClaims: ["exp", "iat"],
};
const claimName = fc
  .string({ minLength: 1 })
  .filter((name) => !/^(iss|aud|exp|iat|jti|sub|sid|nbf|toJSON|__proto__)$/.test(name));
const claims = fc.dictionary(claimName, fc.jsonValue(), { maxKeys: 5 });

describe.each(ALGORITHMS)("%s", async (algorithm) => {
  const jwk = await generateKey(algorithm);
  const profile = profileOf(await importKey(jwk), { issuer: "me", audience: "you" });
  const theirs = await importJWK(jwk.kty === "oct" ? jwk : publicPart(jwk), algorithm);

  it("gives back the claims that were issued, and so does jose", async () => {
    await fc.assert(
      fc.asyncProperty(claims, fc.string(), async (own, sub) => {
        const token = await issueToken({ ...own, sub }, profile);
        const verified = await verifyToken(token, profile);
        expect(verified).toMatchObject(JSON.parse(JSON.stringify({ ...own, sub })));
        expect((await jwtVerify(token, theirs, CHECKS)).payload).toEqual(verified);
      }),
      { numRuns: algorithm.startsWith("HS") ? 100 : 10 },
    );
  });
});

describe("a changed character", () => {
  it.each(["HS256", "ES256", "Ed25519"] as const)("is refused wherever it is: %s", async (algorithm) => {
    const profile = profileOf(await importKey(await generateKey(algorithm)));
    const token = await issueToken({ sub: "user-1" }, profile);
    for (let at = 0; at < token.length; at += 1) {
      for (const other of ["A", "z", "_", ".", "=", "+", " ", ""]) {
        if (token[at] === other) continue;
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(await reasonFor(changed, profile)).toMatch(/^invalid_token/);
      }
    }
  });
});

describe("what jose refuses", () => {
  const profile = profileOf(undefined, { issuer: "me", audience: "you" });
  const secret = Buffer.from(SECRET);
  const timely = fc.oneof(
    fc.integer({ min: SECOND - 3, max: SECOND + 3 }),
    fc.double(),
    fc.constantFrom(null, "1", undefined),
  );
  const text = fc.constantFrom<unknown>("me", "you", ["you"], ["x", "you"], [], "", null, 1, undefined);
  const payload = fc.record({ iss: text, aud: text, sub: text, jti: text, exp: timely, nbf: timely, iat: timely });
  const header = fc.record({
    alg: fc.constantFrom<unknown>("HS256", "HS256", "HS256", "HS384", "none", null),
    typ: fc.constantFrom<unknown>("at+jwt", "application/AT+JWT", "JWT", undefined, 1),
    crit: fc.constantFrom<unknown>(undefined, undefined, undefined, [], ["b64"]),
    b64: fc.constantFrom<unknown>(undefined, undefined, undefined, true, false),
  });

  it("is refused here too, however the token was put together", async () => {
    let both = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(header, fc.constant({ alg: "HS256", typ: "at+jwt" })), payload, async (head, body) => {
        const token = signed(body, head);
        const ours = await reasonFor(token, profile);
        const accepted = await jwtVerify(token, secret, { ...CHECKS, algorithms: ["HS256"] }).then(
          () => true,
          () => false,
        );
        if (!accepted) expect(ours).not.toBe("accepted");
        if (accepted && ours === "accepted") both += 1;
      }),
      {
        numRuns: 3_000,
        examples: [
          [
            { alg: "HS256", typ: "at+jwt", crit: undefined, b64: undefined },
            { iss: "me", aud: "you", sub: "me", jti: "me", exp: SECOND + 1, nbf: SECOND, iat: SECOND },
          ],
        ],
      },
    );
    expect(both).toBeGreaterThan(0);
  });

  it("is refused whatever was done to its text", async () => {
    const input = `${encode({ alg: "HS256", typ: "at+jwt" })}.${encode({ iss: "me", aud: "you", iat: SECOND, exp: SECOND + 9 })}`;
    await fc.assert(
      fc.asyncProperty(fc.nat(200), fc.nat(3), fc.string({ maxLength: 3 }), async (at, cut, put) => {
        const good = `${input}.${signed().split(".")[2]}`;
        const token = good.slice(0, at) + put + good.slice(at + cut);
        const refused = await jwtVerify(token, secret, CHECKS).then(
          () => false,
          () => true,
        );
        if (refused) expect(await reasonFor(token, profile)).not.toBe("accepted");
      }),
      { numRuns: 1_000 },
    );
  });
});

function publicPart({ kty, crv, x, y, n, e }: Record<string, unknown>): Parameters<typeof importJWK>[0] {
  const members = { kty, crv, x, y, n, e };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

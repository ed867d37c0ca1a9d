import fc from "fast-check";
import { importJWK, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { KEY } from "../../src/core/keys/key.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { keyFor } from "../support/keys.ts";
import { runs } from "../support/thorough.ts";
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
  .filter((name) => !/^(iss|aud|exp|iat|jti|sub|sid|nbf|scope|toJSON|__proto__)$/.test(name));
const claims = fc.dictionary(claimName, fc.jsonValue(), { maxKeys: 5 });

describe.each(ALGORITHMS)("%s", async (algorithm) => {
  const jwk = await keyFor(algorithm);
  const profile = profileOf(await importKey(jwk), { issuer: "me", audience: "you" });
  const theirs = await importJWK(jwk.kty === "oct" ? jwk : publicPart(jwk), algorithm);

  it("gives back the claims that were issued, and so does jose", async () => {
    await fc.assert(
      fc.asyncProperty(claims, fc.string({ minLength: 1 }), async (own, sub) => {
        const token = await issueToken({ ...own, sub }, profile);
        const verified = await verifyToken(token, profile);
        expect(verified).toMatchObject(JSON.parse(JSON.stringify({ ...own, sub })));
        expect((await jwtVerify(token, theirs, CHECKS)).payload).toEqual(verified);
      }),
      { numRuns: algorithm.startsWith("HS") ? runs(20, 100) : runs(4, 10) },
    );
  });
});

describe("a changed character", () => {
  const WHOLE = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "", ...".=+/% \t\n\r\0é\u200b"];
  const FEW = ["A", "z", "_", "", ".", "=", "+", "/", " ", "\n"];

  it.each<readonly [Algorithm, readonly string[]]>([
    ["HS256", WHOLE],
    ["RS256", FEW],
    ["PS256", FEW],
    ["ES256", FEW],
    ["Ed25519", FEW],
  ])("is refused wherever it is: %s", async (algorithm, others) => {
    const profile = profileOf(await importKey(await keyFor(algorithm)));
    const token = await issueToken({ sub: "user-1" }, profile);
    expect(await reasonFor(token, profile)).toBe("accepted");
    const wrong: string[] = [];
    const step = runs(12, 1); // each place meets a twelfth of the characters, the next place the next twelfth
    for (let at = 0; at <= token.length; at += 1) {
      for (const other of others.filter((_, nth) => (at + nth) % step === 0)) {
        const replaced = token.slice(0, at) + other + token.slice(at + 1);
        const inserted = token.slice(0, at) + other + token.slice(at);
        for (const changed of [replaced, inserted]) {
          if (changed === token) continue;
          const reason = await reasonFor(changed, profile);
          if (!reason.startsWith("invalid_token: ")) wrong.push(`${changed}: ${reason}`);
        }
      }
    }
    expect(wrong).toEqual([]);
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
        numRuns: runs(250, 3_000),
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

  it("is refused at every instant, with every tolerance and age", async () => {
    const time = fc.integer({ min: SECOND - 5, max: SECOND + 5 });
    const offset = fc.integer({ min: -5_000, max: 5_000 });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(time, time, time, offset, fc.nat(3), fc.nat(4), async (exp, nbf, iat, after, tolerance, age) => {
        const now = NOW + after;
        const token = signed({ exp, nbf, iat });
        const aged = age > 0;
        const options = { clockTolerance: tolerance, now: () => now, ...(aged && { maxAge: age }) };
        const ours = await reasonFor(token, profileOf(undefined, options));
        const theirs = await jwtVerify(token, secret, {
          currentDate: new Date(now),
          clockTolerance: tolerance,
          ...(aged && { maxTokenAge: age }),
        }).then(
          () => "accepted",
          () => "refused",
        );
        if (theirs === "refused") expect(ours).not.toBe("accepted");
        seen.add(`${theirs}, ${ours === "accepted" ? ours : "refused"}`);
      }),
      { numRuns: runs(250, 3_000) },
    );
    expect(seen).toContain("accepted, accepted");
    expect(seen).toContain("refused, refused");
  });
});

describe.each(["HS256", "RS256", "PS256", "ES256", "ES512", "Ed25519"] as const)(
  "a mutated token of %s",
  async (alg) => {
    const jwk = await keyFor(alg);
    const key = await importKey(jwk);
    const strict = profileOf(key, { issuer: "me", audience: "you" });
    const theirs = await importJWK(jwk.kty === "oct" ? jwk : publicPart(jwk), alg);
    const good = await issueToken({ sub: "user-1" }, strict);
    const other = await issueToken({ sub: "user-2" }, strict);
    const verdicts = async (token: string): Promise<readonly [ours: boolean, jose: boolean]> => [
      (await reasonFor(token, strict)) === "accepted",
      await jwtVerify(token, theirs, { ...CHECKS, algorithms: [alg] }).then(
        () => true,
        () => false,
      ),
    ];

    it("is accepted by both as it was", async () => {
      expect(await verdicts(good)).toEqual([true, true]);
    });

    const edit = fc.record({
      at: fc.nat(good.length),
      cut: fc.nat(3),
      put: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("", "A", ".", "=", "..", "eyJ9")),
    });

    it("is never accepted where jose refuses, whatever was done to its text", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 2 }), async (edits) => {
          const token = edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), good);
          const [ours, jose] = await verdicts(token);
          expect([token === good || !ours, ours && !jose]).toEqual([true, false]);
        }),
        { numRuns: runs(alg === "ES512" ? 20 : 40, 300) },
      );
    });

    it("is never accepted with the parts of another", async () => {
      const [one, two] = [good.split("."), other.split(".")];
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7]) {
        const [h, p, s] = [at & 1, (at >> 1) & 1, at >> 2] as const;
        const token = [[one, two][h]?.[0], [one, two][p]?.[1], [one, two][s]?.[2]].join(".");
        expect(await verdicts(token)).toEqual([p === s, p === s]);
      }
    });

    it("is never accepted where jose refuses, signed again with other members", async () => {
      const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>("me", "you", SECOND, SECOND + 1, "at+jwt", alg));
      const names = fc.constantFrom("alg", "typ", "kid", "crit", "b64", "cty", "jwk", "x");
      const claims = fc.constantFrom("iss", "aud", "exp", "nbf", "iat", "jti", "sub", "x");
      const base = { iss: "me", aud: "you", iat: SECOND, exp: SECOND + 1 };
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(names, value, { maxKeys: 1 }),
          fc.dictionary(claims, value, { maxKeys: 1 }),
          async (head, body) => {
            const input = `${encode({ alg, typ: "at+jwt", ...head })}.${encode({ ...base, ...body })}`;
            const [ours, jose] = await verdicts(`${input}.${await key[KEY].sign?.(input)}`);
            expect(ours && !jose).toBe(false);
            if (Object.keys(head).length + Object.keys(body).length === 0) expect([ours, jose]).toEqual([true, true]);
          },
        ),
        { numRuns: runs(alg === "ES512" ? 20 : 40, 300), examples: [[{}, {}]] },
      );
    });
  },
);

function publicPart({ kty, crv, x, y, n, e }: Record<string, unknown>): Parameters<typeof importJWK>[0] {
  const members = { kty, crv, x, y, n, e };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

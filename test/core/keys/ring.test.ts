import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import type { SigningKey, VerifyingKey } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { keyFor } from "../../support/keys.ts";
import { NOW, profileOf, reasonFor } from "../../support/tokens.ts";

const bytes = (fill: string): string => fill.repeat(32);
const a = secretKey(bytes("a"), { kid: "a" });
const b = secretKey(bytes("b"), { kid: "b" });
const nameless = secretKey(bytes("c"));
const es = await importKey(await generateKey("ES256"));

describe("keyRing", () => {
  it("signs with the first and verifies with all", async () => {
    const token = await issueToken({ sub: "user-1" }, profileOf(keyRing(b, a)));
    expect(decodeToken(token).header.kid).toBe("b");
    expect(await reasonFor(token, profileOf(keyRing(a, b)))).toBe("accepted");
    expect(await reasonFor(token, profileOf(a))).toMatch(/kid is "b", expected "a"$/);
  });

  it("tries the keys that fit where a token names none", async () => {
    const token = await issueToken({ sub: "user-1" }, profileOf(nameless));
    expect(decodeToken(token).header).not.toHaveProperty("kid");
    expect(await reasonFor(token, profileOf(keyRing(a, es, nameless)))).toBe("accepted");
    expect(await reasonFor(token, profileOf(keyRing(a, es)))).toMatch(/the signature does not hold/);
    expect(await reasonFor(token, profileOf(es))).toMatch(/alg is "HS256", expected "ES256"$/);
  });

  it("does not hold an issuer's own name for a key against it, where we gave none", async () => {
    const jwk = await generateKey("Ed25519");
    const theirs = await importKey(jwk, { kid: "their name" });
    const { kid: _, ...unnamed } = jwk;
    const token = await issueToken({ sub: "user-1" }, profileOf(theirs));
    expect(await reasonFor(token, profileOf(await importKey(unnamed)))).toBe("accepted");
    expect(await reasonFor(token, profileOf(await importKey(jwk)))).toMatch(/kid is "their name", expected "/);
  });

  it("has no key to sign with in a ring of public keys", () => {
    const [jwk] = publicJwks(es).keys;
    return importKey(jwk as JWK).then((key) => expect(keyRing(key).current).toBeNull());
  });

  it("refuses two keys of one name for one algorithm", async () => {
    const why = /two keys for one algorithm have the same kid/;
    expect(() => keyRing(a, secretKey(bytes("d"), { kid: "a" }))).toThrow(why);
    expect(() => keyRing(es, es)).toThrow(why);
    const jwk = await generateKey("EdDSA");
    const both = [await importKey(jwk), await importKey({ ...jwk, alg: "Ed25519" })] as const;
    expect(() => keyRing(...both)).toThrow(why);
    expect(keyRing(nameless, secretKey(bytes("d"))).keys).toHaveLength(2);
  });

  it("takes keys of one name for several algorithms, as an issuer may publish one RSA key", async () => {
    const { alg: _, ...jwk } = await keyFor("RS256");
    const all = (["RS256", "PS256", "RS512"] as const).map((algorithm) => importKey(jwk as JWK, { algorithm }));
    const [rs, ps, rs512] = (await Promise.all(all)) as [SigningKey, SigningKey, SigningKey];
    const secret = secretKey(bytes("d"), { kid: jwk.kid as string });
    const ring = keyRing(rs, ps, secret);
    const { keys } = publicJwks(ring);
    expect(keys.map(({ kid, alg }) => [kid, alg])).toEqual([
      [jwk.kid, "RS256"],
      [jwk.kid, "PS256"],
    ]);
    const published = keyRing(
      ...((await Promise.all(keys.map((it) => importKey(it)))) as [VerifyingKey, VerifyingKey]),
    );
    const jwks = createLocalJWKSet({ keys: keys as never });
    for (const [key, known] of [
      [rs, true],
      [ps, true],
      [rs512, false],
      [secret, false],
    ] as const) {
      const token = await issueToken({ sub: "user-1" }, profileOf(key));
      const reason = await reasonFor(token, profileOf(published));
      if (known) {
        expect(reason).toBe("accepted");
        expect(await reasonFor(token, profileOf(ring))).toBe("accepted");
        const { payload } = await jwtVerify(token, jwks, { currentDate: new Date(NOW) });
        expect(payload.sub).toBe("user-1");
      } else {
        expect(reason).toMatch(/invalid_token: alg is/);
      }
    }
    expect(await reasonFor(await issueToken({ sub: "user-1" }, profileOf(secret)), profileOf(ring))).toBe("accepted");
  });

  it("never tries a key of one name for another algorithm than its own", async () => {
    const { alg: _, ...jwk } = await keyFor("PS256");
    const ring = keyRing(
      await importKey(jwk as JWK, { algorithm: "PS256" }),
      await importKey(jwk as JWK, { algorithm: "RS256" }),
    );
    const profile = profileOf(ring);
    const token = await issueToken({ sub: "user-1" }, profile);
    expect(await reasonFor(token, profile)).toBe("accepted"); // and its header is remembered
    const header = Buffer.from(JSON.stringify({ alg: "RS256", typ: "at+jwt", kid: jwk.kid })).toString("base64url");
    expect(await reasonFor(token.replace(/^[^.]*/, header), profile)).toMatch(/the signature does not hold/);
  });

  it.each([undefined, null])("says of a key that is %s that it is missing", (key) => {
    const why = `keyRing: a key is ${key}; it must be given (is an environment variable not set?)`;
    expect(() => keyRing(key as unknown as SigningKey)).toThrow(why);
    expect(() => keyRing(a, key as unknown as SigningKey)).toThrow(why);
  });

  it.each(["secret", {}, 1, keyRing(a)])("takes keys, and not %s", (key) => {
    expect(() => keyRing(key as unknown as SigningKey)).toThrow(
      /keyRing takes keys made by secretKey or importKey \(await it\)/,
    );
    expect(() => keyRing(a, key as unknown as SigningKey)).toThrow(/keyRing takes keys/);
  });

  it("can't be changed", () => {
    expect(Object.isFrozen(keyRing(a, b)) && Object.isFrozen(keyRing(a, b).keys)).toBe(true);
  });
});

describe("publicJwks", () => {
  it("publishes public halves, and never a secret", async () => {
    const jwk = await keyFor("RS256");
    const { keys } = publicJwks(keyRing(await importKey(jwk), es, a));
    expect(keys.map(({ alg, kid, use }) => ({ alg, kid, use }))).toEqual([
      { alg: "RS256", kid: jwk.kid, use: "sig" },
      { alg: "ES256", kid: es.kid, use: "sig" },
    ]);
    for (const key of keys)
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(key).not.toHaveProperty(secret);
  });

  it("gives copies", () => {
    const [first] = publicJwks(es).keys;
    (first as JWK).kty = "changed";
    expect(publicJwks(es).keys[0]?.kty).toBe("EC");
  });

  it("throws where there is nothing to publish", () => {
    expect(() => publicJwks(a)).toThrow("publicJwks: shared secrets have no public half to publish");
    expect(() => publicJwks("x" as unknown as SigningKey)).toThrow(/keys must be made by/);
  });
});

import { describe, expect, it } from "vitest";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import type { SigningKey } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { profileOf, reasonFor } from "../../support/tokens.ts";

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

  it("refuses two keys of one name", () => {
    expect(() => keyRing(a, secretKey(bytes("d"), { kid: "a" }))).toThrow("keyRing: two keys have the same kid");
    expect(() => keyRing(es, es)).toThrow(/the same kid/);
    expect(keyRing(nameless, secretKey(bytes("d"))).keys).toHaveLength(2);
  });

  it.each([undefined, null, "secret", {}, 1, Promise.resolve(a), keyRing(a)])("takes keys, and not %s", (key) => {
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
    const jwk = await generateKey("RS256");
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

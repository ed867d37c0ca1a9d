import { constants, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { keyFor } from "../support/keys.ts";
import { CLAIMS, encode, HEADER, profileOf, reasonFor, SECRET, signed } from "../support/tokens.ts";

const NO_KEY = /^invalid_token: alg is ".*", expected (one of )?"/;

describe("none", () => {
  it.each(["none", "None", "NONE", "nOnE", "", " none", "none\0"])("is no algorithm: %j", async (alg) => {
    const input = `${encode({ ...HEADER, alg })}.${encode(CLAIMS)}`;
    expect(await reasonFor(`${input}.`)).toMatch(/three segments/);
    expect(await reasonFor(`${input}.AAAA`)).toMatch(NO_KEY);
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, alg }))).toMatch(NO_KEY);
  });
});

describe("a public key used as a secret", async () => {
  const rsa = await keyFor("RS256");
  const profile = profileOf(await importKey(rsa));
  const half = createPublicKey({ key: rsa, format: "jwk" });
  const published = publicJwks(await importKey(rsa)).keys[0];
  const pem = half.export({ type: "spki", format: "pem" }).toString();

  it.each([
    ["its PEM", pem],
    ["its PEM without the last line break", pem.trimEnd()],
    ["its PKCS#1 PEM", half.export({ type: "pkcs1", format: "pem" }).toString()],
    ["its DER", half.export({ type: "spki", format: "der" })],
    ["its JWK", JSON.stringify(published)],
    ["its modulus", String(published?.n)],
  ])("signs nothing: %s", async (_form, secret) => {
    for (const alg of ["HS256", "RS256"]) {
      const forged = signed(CLAIMS, { ...HEADER, alg, kid: published?.kid }, secret);
      expect(await reasonFor(forged, profile)).toMatch(/^invalid_token: (alg|kid|the signature)/);
    }
  });
});

describe("the header's alg", async () => {
  const es = await importKey(await generateKey("ES256"));
  const rs = await importKey(await keyFor("RS256"));

  it.each([
    "HS384",
    "HS512",
    "hs256",
    "HS256 ",
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
    "constructor",
    "__proto__",
    "toString",
  ])("never chooses how a key is used: %s", async (alg) => {
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, alg }))).toMatch(NO_KEY);
  });

  it.each([undefined, null, 1, ["HS256"], { alg: "HS256" }, true])("must be a string: %j", async (alg) => {
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, alg }))).toMatch(/^invalid_token: alg is .*, expected "HS256"$/);
  });

  it("picks only among the keys of a ring that have it", async () => {
    const ring = keyRing(secretKey(SECRET), es, rs);
    expect(await reasonFor(signed(), profileOf(ring))).toBe("accepted");
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, alg: "PS256" }), profileOf(ring))).toMatch(NO_KEY);
  });

  it("is not exchanged between RSA's paddings", async () => {
    const token = await issueToken({ sub: "user-1" }, profileOf(rs));
    const [header = "", payload, signature] = token.split(".");
    const swapped = { ...JSON.parse(Buffer.from(header, "base64url").toString()), alg: "PS256" };
    expect(await reasonFor([encode(swapped), payload, signature].join("."), profileOf(rs))).toMatch(NO_KEY);
  });

  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const p1363 = { dsaEncoding: "ieee-p1363" } as const;

  it.each<readonly [Algorithm, string, string, object]>([
    ["RS256", "RS384", "sha384", {}],
    ["RS256", "RS512", "sha512", {}],
    ["RS256", "PS256", "sha256", pss],
    ["PS256", "RS256", "sha256", {}],
    ["PS256", "PS512", "sha512", pss],
    ["ES256", "ES384", "sha384", p1363],
    ["ES256", "ES512", "sha512", p1363],
    ["ES384", "ES256", "sha256", p1363],
    ["ES512", "ES256", "sha256", p1363],
  ])("is the key's own, though its owner signed: a key for %s, %s", async (algorithm, alg, hash, options) => {
    const jwk = await keyFor(algorithm);
    const key = createPrivateKey({ key: jwk, format: "jwk" });
    const profile = profileOf(await importKey(jwk));
    for (const [header, reason] of [
      [alg, NO_KEY],
      [algorithm, /^invalid_token: the signature does not hold$/],
    ] as const) {
      const input = `${encode({ ...HEADER, alg: header })}.${encode(CLAIMS)}`;
      const signature = sign(hash, Buffer.from(input), { key, ...options }).toString("base64url");
      expect(await reasonFor(`${input}.${signature}`, profile)).toMatch(reason);
    }
  });

  it.each(["HS384", "HS512"])("is the secret's own, though its owner signed: %s", async (alg) => {
    const input = `${encode({ ...HEADER, alg })}.${encode(CLAIMS)}`;
    const signature = createHmac(`sha${alg.slice(2)}`, SECRET)
      .update(input)
      .digest("base64url");
    expect(await reasonFor(`${input}.${signature}`)).toMatch(NO_KEY);
  });

  it("is covered by the signature", async () => {
    const input = `${encode({ ...HEADER, alg: "HS256", x: 1 })}.${encode(CLAIMS)}`;
    const other = createHmac("sha512", SECRET).update(input).digest("base64url");
    expect(await reasonFor(`${input}.${other}`)).toBe("invalid_token: the signature does not hold");
  });
});

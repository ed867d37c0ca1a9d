import { createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../../../src/core/keys/algorithms.ts";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { profileOf, reasonFor } from "../../support/tokens.ts";

it.each([
  ["HS256", 32],
  ["HS384", 48],
  ["HS512", 64],
] as const)("%s gets %i random bytes", async (alg, bytes) => {
  const jwk = await generateKey(alg);
  expect(jwk).toMatchObject({ kty: "oct", alg, use: "sig" });
  expect(Buffer.from(String(jwk.k), "base64url")).toHaveLength(bytes);
  expect((await generateKey(alg)).k).not.toBe(jwk.k);
  expect((await importKey(jwk)).algorithm).toBe(alg);
});

it("RSA gets 2048 bits", async () => {
  const key = createPrivateKey({ key: await generateKey("PS256"), format: "jwk" });
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(2_048);
});

it.each(["none", "", "RSA-OAEP", "ecdsa", undefined, null, 1, "toString"])("%j is no algorithm", async (algorithm) => {
  await expect(generateKey(algorithm as Algorithm)).rejects.toThrow(
    "generateKey: there is no such signature algorithm",
  );
});

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const hasMlDsa = major > 24 || (major === 24 && minor >= 8);

describe.each(["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const)("%s", (algorithm) => {
  it.skipIf(hasMlDsa)("says which runtime has it", async () => {
    const why = `${algorithm} needs a runtime that has it: Node 24.8 or later, with OpenSSL 3.5`;
    await expect(generateKey(algorithm)).rejects.toThrow(why);
    await expect(importKey({ kty: "AKP", alg: algorithm, pub: "AAAA" })).rejects.toThrow(why);
  });

  it.runIf(hasMlDsa)("signs and verifies", async () => {
    const jwk = await generateKey(algorithm);
    const signing = await importKey(jwk);
    const { priv: _, ...half } = jwk;
    const profile = { maxBytes: 16_384 };
    const token = await issueToken({ sub: "user-1" }, profileOf(signing, profile));
    expect(await reasonFor(token, profileOf(await importKey(half), profile))).toBe("accepted");
    const damaged = token.replace(/.{4}$/, (end) => (end === "AAAA" ? "BBBB" : "AAAA"));
    expect(await reasonFor(damaged, profileOf(signing, profile))).toMatch(/^invalid_token/);
  });
});

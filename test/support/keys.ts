import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";

const RSA: Promise<JWK>[] = [];

/**
 * A private key for an algorithm, as `generateKey` makes it, and another one for another number. To make one for RSA takes a
 * tenth of a second, so that all RSA algorithms are given the same one.
 */
export async function keyFor(algorithm: Algorithm, nth = 0): Promise<JWK> {
  if (!/^[RP]S/.test(algorithm)) return generateKey(algorithm);
  RSA[nth] ??= generateKey("RS256");
  return { ...(await RSA[nth]), alg: algorithm };
}

/** The key pair of `keyFor("RS256", nth)`, as Node has it. */
export async function rsaPair(nth = 0): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  const key = (await keyFor("RS256", nth)) as JsonWebKey;
  return {
    publicKey: createPublicKey({ key, format: "jwk" }),
    privateKey: createPrivateKey({ key, format: "jwk" }),
  };
}

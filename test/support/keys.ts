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

import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { copyPublicHalf, type JWK } from "../../src/core/keys/jwk.ts";
import { computeThumbprint } from "../../src/core/keys/thumbprint.ts";
import { rsaPair } from "./rsa.ts";

/** A private key for an algorithm, as `generateKey` makes it. All RSA algorithms are given the same one of a number. */
export async function keyFor(algorithm: Algorithm, nth = 0): Promise<JWK> {
  if (!/^[RP]S/.test(algorithm)) return generateKey(algorithm);
  const jwk = rsaPair(nth).privateKey.export({ format: "jwk" }) as JWK;
  return { ...jwk, kid: computeThumbprint(copyPublicHalf(jwk)), alg: algorithm, use: "sig" };
}

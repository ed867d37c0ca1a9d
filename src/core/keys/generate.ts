import crypto from "node:crypto";
import { type Algorithm, HMAC_ALGORITHMS, isHmac } from "./algorithms.ts";
import { copyPublicHalf, type JWK } from "./jwk.ts";
import { isPair } from "./pair-algorithms.ts";
import { checkRuntime } from "./runtime.ts";
import { computeThumbprint } from "./thumbprint.ts";

/**
 * Generates a key for an algorithm, as a JWK for {@link importKey}. Keep it secret.
 *
 * A key for HS256, HS384 or HS512 has as many random bytes as its hash. An RSA key has 2048 bits. The `kid` of a key
 * pair is its RFC 7638 thumbprint.
 *
 * @throws TypeError when there is no such algorithm, or this runtime lacks it (ML-DSA)
 *
 * @example
 * ```ts
 * const jwk = await generateKey("Ed25519");
 * const key = await importKey(jwk);
 * ```
 */
export async function generateKey(algorithm: Algorithm): Promise<JWK> {
  if (isHmac(algorithm)) {
    return {
      kty: "oct",
      alg: algorithm,
      use: "sig",
      k: crypto.randomBytes(HMAC_ALGORITHMS[algorithm].bytes).toString("base64url"),
    };
  }
  if (!isPair(algorithm)) throw new TypeError("generateKey: there is no such signature algorithm");
  checkRuntime(algorithm);
  const { generateKeyPair, exportJWK } = await import("jose");
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = (await exportJWK(privateKey)) as JWK;
  return { ...jwk, kid: computeThumbprint(copyPublicHalf(jwk)), alg: algorithm, use: "sig" };
}

import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { generateKey, importKey, type JWK, type SigningKey } from "hallpass";
import { importJWK } from "jose";

/** The algorithms that are measured. `EdDSA` is Ed25519 by the name that all the peers know. */
export const ALGORITHMS = ["HS256", "RS256", "PS256", "ES256", "EdDSA"] as const;
export type BenchAlgorithm = (typeof ALGORITHMS)[number];

/** One key of an algorithm, in the form that each contender prepares it in. */
export interface Keys {
  readonly algorithm: BenchAlgorithm;
  /** hallpass's. */
  readonly signing: SigningKey;
  /** node:crypto's, for signing and for verifying. */
  readonly sign: KeyObject;
  readonly verify: KeyObject;
  /** jose's, a CryptoKey each. */
  readonly joseSign: CryptoKey;
  readonly joseVerify: CryptoKey;
  /** For those who take text: a PEM of a private and of a public key, or the secret's bytes. */
  readonly signText: string | Buffer;
  readonly verifyText: string | Buffer;
}

type CryptoKey = Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>;

export async function makeKeys(algorithm: BenchAlgorithm): Promise<Keys> {
  const jwk: JWK = { ...(await generateKey(algorithm)), alg: algorithm };
  const signing = (await importKey(jwk)) as SigningKey;
  if (algorithm === "HS256") {
    const bytes = Buffer.from(jwk.k as string, "base64url");
    const key = createSecretKey(bytes);
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const shared = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign", "verify"]);
    return {
      ...{ algorithm, signing, sign: key, verify: key },
      ...{ joseSign: shared, joseVerify: shared, signText: bytes, verifyText: bytes },
    };
  }
  const sign = createPrivateKey({ key: jwk, format: "jwk" });
  const verify = createPublicKey(sign);
  return {
    ...{ algorithm, signing, sign, verify },
    joseSign: (await importJWK(jwk, algorithm)) as CryptoKey,
    joseVerify: (await importJWK(verify.export({ format: "jwk" }), algorithm)) as CryptoKey,
    signText: sign.export({ format: "pem", type: "pkcs8" }) as string,
    verifyText: verify.export({ format: "pem", type: "spki" }) as string,
  };
}

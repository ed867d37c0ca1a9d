import type { PairAlgorithm } from "./algorithms.ts";

/** What node:crypto needs to know to sign and verify with a key pair. */
export interface PairScheme {
  /** node:crypto's `asymmetricKeyType` of a fitting key. */
  readonly keyType: string;
  /** node:crypto's `namedCurve` of a fitting key, where its type has several. */
  readonly curve?: string;
  /** The hash; `null` for an algorithm that has a hash of its own. */
  readonly hash: string | null;
  readonly options?: { padding: number; saltLength?: number } | { dsaEncoding: "ieee-p1363" };
}

// The numbers of node:crypto's constants. A bundler can't leave out code that reads the constants themselves.
const RSA_PKCS1_PADDING = 1;
const RSA_PKCS1_PSS_PADDING = 6;
const RSA_PSS_SALTLEN_DIGEST = -1;

const PKCS1 = { padding: RSA_PKCS1_PADDING };
const PSS = { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST };
const P1363: PairScheme["options"] = { dsaEncoding: "ieee-p1363" };

const ED25519: PairScheme = { keyType: "ed25519", hash: null };

/** The algorithms of RFC 7518 §3.3 to §3.5, of RFC 8037 (with its name in RFC 9864), and of RFC 9964 (ML-DSA). */
export const PAIR_ALGORITHMS: Readonly<Record<PairAlgorithm, PairScheme>> = {
  RS256: { keyType: "rsa", hash: "sha256", options: PKCS1 },
  RS384: { keyType: "rsa", hash: "sha384", options: PKCS1 },
  RS512: { keyType: "rsa", hash: "sha512", options: PKCS1 },
  PS256: { keyType: "rsa", hash: "sha256", options: PSS },
  PS384: { keyType: "rsa", hash: "sha384", options: PSS },
  PS512: { keyType: "rsa", hash: "sha512", options: PSS },
  ES256: { keyType: "ec", curve: "prime256v1", hash: "sha256", options: P1363 },
  ES384: { keyType: "ec", curve: "secp384r1", hash: "sha384", options: P1363 },
  ES512: { keyType: "ec", curve: "secp521r1", hash: "sha512", options: P1363 },
  Ed25519: ED25519,
  EdDSA: ED25519,
  "ML-DSA-44": { keyType: "ml-dsa-44", hash: null },
  "ML-DSA-65": { keyType: "ml-dsa-65", hash: null },
  "ML-DSA-87": { keyType: "ml-dsa-87", hash: null },
};

/** Whether a name is that of an algorithm for key pairs. */
export function isPair(name: unknown): name is PairAlgorithm {
  return typeof name === "string" && Object.hasOwn(PAIR_ALGORITHMS, name);
}

/** The algorithms of shared secrets. */
export type HmacAlgorithm = "HS256" | "HS384" | "HS512";

/** The algorithms of key pairs. `EdDSA` is the old name of `Ed25519`; each verifies the other's tokens. */
export type PairAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "Ed25519"
  | "EdDSA"
  | "ML-DSA-44"
  | "ML-DSA-65"
  | "ML-DSA-87";

/** Every signature algorithm a key can have. */
export type Algorithm = HmacAlgorithm | PairAlgorithm;

/** RFC 7518 §3.2: the hash, the bytes of its block (FIPS 180-4), and the least bytes of a key. */
export const HMAC_ALGORITHMS: Readonly<Record<HmacAlgorithm, { hash: string; block: number; bytes: number }>> = {
  HS256: { hash: "sha256", block: 64, bytes: 32 },
  HS384: { hash: "sha384", block: 128, bytes: 48 },
  HS512: { hash: "sha512", block: 128, bytes: 64 },
};

/** Whether a name is that of an algorithm for shared secrets. */
export function isHmac(name: unknown): name is HmacAlgorithm {
  return typeof name === "string" && Object.hasOwn(HMAC_ALGORITHMS, name);
}

/** Gives the one name of an algorithm that has two, so that names can be compared. */
export function canonicaliseName<Name>(algorithm: Name): Name | "Ed25519" {
  return algorithm === "EdDSA" ? "Ed25519" : algorithm;
}

import { type AsymmetricKeyDetails, createPublicKey, type JsonWebKeyInput, type KeyObject } from "node:crypto";
import { canonicaliseName, type PairAlgorithm } from "../core/keys/algorithms.ts";
import { checkMembers, checkUse, copyPublicHalf, type JWK } from "../core/keys/jwk.ts";
import type { KeyOperations } from "../core/keys/key.ts";
import { preparePublicHalf } from "../core/keys/pair.ts";
import { readKeyObject } from "../core/keys/read-key-object.ts";
import { computeThumbprint } from "../core/keys/thumbprint.ts";
import { assert } from "../shared/assert.ts";
import { MAX_PROOF_KEYS, MAX_PROOF_RSA_BITS } from "../shared/limits.ts";
import { isObject } from "../shared/object.ts";

/** The private members of keys of any type (RFC 7518 §6, RFC 9964 §4). */
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] as const;

/** The limit of an RSA key's public exponent: a long one makes each verification expensive, and clients choose it. */
const MAX_RSA_EXPONENT = 2n ** 32n;

/**
 * Reads the public key in a proof's header.
 *
 * @throws TypeError for a value that is not a public key, and for one with a private member
 */
export function readPublicJwk(value: unknown, alg: PairAlgorithm): JWK {
  assert(isObject(value), "jwk must be there, and be a key");
  const jwk = value as JWK;
  assert(jwk.kty !== "oct", "jwk is a shared secret");
  assert(!PRIVATE.some((name) => jwk[name] !== undefined), "jwk has a member of a private key");
  checkMembers(jwk);
  checkUse(jwk, "verify");
  const isOfAlg = jwk.alg === undefined || canonicaliseName(String(jwk.alg)) === canonicaliseName(alg);
  assert(isOfAlg, "jwk is for another algorithm than alg");
  return copyPublicHalf(jwk);
}

type Verify = KeyOperations["verify"];

/**
 * The cache of the keys that signed valid proofs (LRU): preparing a key takes a third of the time of a verification.
 */
export class ProofKeys {
  readonly #known = new Map<string, Verify>();

  /**
   * Tells whether a proof was signed by the key in its header.
   *
   * @param end - the index of the dot before the signature
   * @throws TypeError where the key is weak, damaged or unfit
   */
  verify(proof: string, end: number, alg: PairAlgorithm, jwk: JWK, jkt: string): boolean {
    const name = `${alg} ${jkt}`;
    const verify = this.#known.get(name) ?? prepareKey(alg, jwk, jkt);
    if (!verify(proof, end)) return false;
    this.#known.delete(name);
    this.#known.set(name, verify);
    if (this.#known.size > MAX_PROOF_KEYS) this.#known.delete(this.#known.keys().next().value as string);
    return true;
  }
}

function prepareKey(alg: PairAlgorithm, jwk: JWK, jkt: string): Verify {
  const key = readKeyObject(() => createPublicKey({ key: jwk, format: "jwk" } as JsonWebKeyInput));
  checkVerifyingCost(key);
  const { jwk: canonical, verifiers } = preparePublicHalf(key, alg);
  // A key with two spellings would have two thumbprints, and so count as two keys.
  assert(computeThumbprint(canonical) === jkt, "jwk is not spelled canonically");
  return verifiers.verify;
}

function checkVerifyingCost({ asymmetricKeyDetails }: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails as AsymmetricKeyDetails;
  const isCheap = modulusLength <= MAX_PROOF_RSA_BITS && publicExponent <= MAX_RSA_EXPONENT;
  assert(isCheap, `jwk is an RSA key of over ${MAX_PROOF_RSA_BITS} bits, or of a long exponent`);
}

import { canonicaliseName, type PairAlgorithm } from "../core/keys/algorithms.ts";
import { computeThumbprint } from "../core/keys/thumbprint.ts";
import { type Compact, checkSpelling, readObject, splitToken } from "../core/token/compact.ts";
import { assert } from "../shared/assert.ts";
import { describeMismatch } from "../shared/describe.ts";
import { MAX_PROOF_LENGTH } from "../shared/limits.ts";
import { type ProofKeys, readPublicJwk } from "./keys.ts";

/** A proof whose signature is valid. */
export interface SignedProof {
  /** The thumbprint of the key that signed it. */
  readonly jkt: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const TYPE = "dpop+jwt";

/**
 * Reads a proof, and checks its header and its signature (RFC 9449 §4.3). The payload is not read before that.
 *
 * @param jkt - the thumbprint of the key that must have signed it; `null` for any key. It is compared before the
 * signature is verified, so that only somebody with a token for a key can make this server compute with it.
 * @throws Error that says what is wrong with it
 */
export function readProof(
  text: string,
  algorithms: readonly PairAlgorithm[],
  keys: ProofKeys,
  jkt: string | null,
): SignedProof {
  const parts = splitToken(text, MAX_PROOF_LENGTH);
  checkSpelling(parts);
  const { alg, jwk } = readJwsHeader(parts, algorithms);
  const key = readPublicJwk(jwk, alg);
  const own = computeThumbprint(key);
  assert(jkt === null || own === jkt, "the proof is of another key than the token is bound to (cnf.jkt)");
  assert(keys.verify(parts.token, parts.end, alg, key, own), "the signature does not hold");
  return { jkt: own, payload: readObject(parts, "payload") };
}

function readJwsHeader(
  parts: Compact,
  algorithms: readonly PairAlgorithm[],
): { readonly alg: PairAlgorithm; readonly jwk: unknown } {
  const { typ, alg, jwk, crit, b64 } = readObject(parts, "header");
  assert(typ === TYPE, describeMismatch("typ", typ, [TYPE]));
  assert(crit === undefined && b64 === undefined, "crit or b64 is there, and no extension is known");
  const known = algorithms.find((it) => it === alg);
  assert(known !== undefined, describeMismatch("alg", alg, [...new Set(algorithms.map(canonicaliseName))]));
  return { alg: known, jwk };
}

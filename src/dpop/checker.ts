import { computeDigest } from "../core/digest.ts";
import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import type { CredentialRequest } from "../guard/request.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStore } from "../store-calls/call.ts";
import type { ProofStore } from "../stores/contract.ts";
import { checkProof, refuseProof } from "./check-proof.ts";
import { readProofHeader } from "./header.ts";
import { ProofKeys } from "./keys.ts";
import type { DpopSettings } from "./options.ts";
import { readProof, type SignedProof } from "./read-proof.ts";

/**
 * Checks the proof of a request. The answer is a promise only where a store is asked; `null` where there is no proof.
 *
 * @param token - the access token that comes with it; `null` where none does
 * @param jkt - the thumbprint of the key that it must be of; `null` where any will do
 */
export type ProofChecker = (
  request: CredentialRequest,
  token: string | null,
  jkt: string | null,
) => DpopProof | null | Promise<DpopProof>;

/** Makes what checks the proofs of requests. It throws an `AuthError` for a proof that is not good. */
export function createProofChecker(settings: DpopSettings): ProofChecker {
  const { algorithms, proofs, now } = settings;
  const keys = new ProofKeys();

  const readSigned = (text: string, jkt: string | null): SignedProof => {
    try {
      return readProof(text, algorithms, keys, jkt);
    } catch (error) {
      throw refuseProof(isAuthError(error) ? error.cause : error);
    }
  };

  return (request, token, jkt) => {
    const text = readProofHeader(request);
    if (text === null) return null;
    const at = readClock(now);
    const signed = readSigned(text, jkt);
    const { jti, end } = checkProof(signed, { request, token, at }, settings);
    const proof = Object.freeze({ jkt: signed.jkt, jti });
    return proofs === null ? proof : rememberProof(proofs, proof, end, at, settings);
  };
}

async function rememberProof(
  store: ProofStore,
  proof: DpopProof,
  end: number,
  at: number,
  { storeTimeoutMs }: DpopSettings,
): Promise<DpopProof> {
  const id = computeDigest(`${proof.jkt} ${proof.jti}`);
  const remember = async () => store.remember(id, new Date(end), new Date(at));
  if (await callStore("proofs.remember", storeTimeoutMs, remember, checkBoolean)) return proof;
  throw refuseProof(new Error("the proof was used before: a client makes one for each request"));
}

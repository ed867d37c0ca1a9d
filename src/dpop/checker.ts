import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import type { CredentialRequest } from "../guard/request.ts";
import { ignore } from "../shared/listener.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import { checkProof, createProofError, findEnd } from "./check-proof.ts";
import { readProofHeader } from "./header.ts";
import { ProofKeys } from "./keys.ts";
import type { DpopSettings } from "./options.ts";
import { readProof, type SignedProof } from "./read-proof.ts";
import { createProofUser, type ProofUser } from "./used-proofs.ts";

/** A proof that is valid, unless it was used before. */
interface CheckedProof extends DpopProof {
  /**
   * Records it as used. Returns a promise only if there is a store; it rejects if the proof was used before.
   *
   * @throws AuthError where it has become too old since the check
   */
  use(): ReturnType<ProofUser>;
}

/**
 * Checks the proof of a request, and records nothing. Returns `null` if there is no proof.
 *
 * @param token - the access token that comes with it; `null` if there is none
 * @param jkt - the thumbprint of the key that must have signed it; `null` for any key
 * @throws AuthError for a proof that is not valid
 */
export type ProofChecker = (
  request: CredentialRequest,
  token: string | null,
  jkt: string | null,
) => CheckedProof | null;

/**
 * Creates the function that checks the proofs of requests.
 *
 * @param observe - counts how each call of the store went
 */
export function createProofChecker(settings: DpopSettings, observe: CallObserver = ignore): ProofChecker {
  const { algorithms, now } = settings;
  const keys = new ProofKeys();
  const useProof = createProofUser(settings, observe);

  const readSigned = (text: string, jkt: string | null): SignedProof => {
    try {
      return readProof(text, algorithms, keys, jkt);
    } catch (error) {
      throw createProofError(isAuthError(error) ? error.cause : error);
    }
  };

  return (request, token, jkt) => {
    const text = readProofHeader(request);
    if (text === null) return null;
    const at = readClock(now);
    const signed = readSigned(text, jkt);
    const proof = { jkt: signed.jkt, jti: checkProof(signed, { request, token, at }, settings) };
    const use = () => {
      // The age is checked again, since the request may have waited for a body or a queue. The store keeps a proof only
      // while it is valid, so a replay of an older one would go unnoticed.
      const usedAt = readClock(now);
      const end = findEnd(signed.payload, usedAt, settings);
      return useProof(proof, { end, at: usedAt, exchange: request.exchange });
    };
    return { ...proof, use };
  };
}

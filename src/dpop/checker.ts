import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import type { CredentialRequest } from "../guard/request.ts";
import { ignore } from "../shared/listener.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import { checkProof, findEnd, refuseProof } from "./check-proof.ts";
import { readProofHeader } from "./header.ts";
import { ProofKeys } from "./keys.ts";
import type { DpopSettings } from "./options.ts";
import { readProof, type SignedProof } from "./read-proof.ts";
import { createProofUser, type ProofUser } from "./used-proofs.ts";

/** A proof that is good, unless it was used before. */
interface CheckedProof extends DpopProof {
  /**
   * Uses it. The answer is a promise only where a store is asked, and rejects where the proof was used before.
   *
   * @throws AuthError where it has become too old since it was checked
   */
  use(): ReturnType<ProofUser>;
}

/**
 * Checks the proof of a request, and stores nothing. The answer is `null` where there is no proof.
 *
 * @param token - the access token that comes with it; `null` where none does
 * @param jkt - the thumbprint of the key that it must be of; `null` where any will do
 * @throws AuthError for a proof that is not good
 */
export type ProofChecker = (
  request: CredentialRequest,
  token: string | null,
  jkt: string | null,
) => CheckedProof | null;

/**
 * Makes what checks the proofs of requests.
 *
 * @param observe - is told how each call of the store went
 */
export function createProofChecker(settings: DpopSettings, observe: CallObserver = ignore): ProofChecker {
  const { algorithms, now } = settings;
  const keys = new ProofKeys();
  const useProof = createProofUser(settings, observe);

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
    const proof = { jkt: signed.jkt, jti: checkProof(signed, { request, token, at }, settings) };
    const use = () => {
      // A body or a queue may have been waited for since. A store remembers a proof while it is good, and no longer.
      const usedAt = readClock(now);
      const end = findEnd(signed.payload, usedAt, settings);
      return useProof(proof, { end, at: usedAt, exchange: request.exchange });
    };
    return { ...proof, use };
  };
}

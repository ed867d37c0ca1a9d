import { isAuthError } from "../core/errors.ts";
import type { GuardSettings } from "../guard/options.ts";
import type { ProofVerifier } from "../guard/proof-verifier.ts";
import { nameRealm } from "../guard/refusal.ts";
import { findProofs } from "../guard/token-credentials.ts";
import { isOutage, tellOutage } from "../store-calls/outage.ts";

/**
 * Binds what verifies the proofs of one of the credentials to the challenge and the listeners that all of them have;
 * `null` where none has proofs.
 */
export function bindProofs(settings: GuardSettings): ProofVerifier | null {
  const found = findProofs(settings.credentials);
  if (found === null) return null;
  const { credential, proofs } = found;
  const refuse = (error: unknown): never => {
    if (!isAuthError(error)) throw error;
    const { code } = error;
    if (isOutage(error)) tellOutage(settings.onOutage, error, "verifyProof", true);
    else settings.emit(() => ({ type: "token_refused", code }));
    throw nameRealm(settings, error, credential);
  };
  return Object.freeze({
    verify: (request) => proofs.verify(request).catch(refuse),
    verifyOptional: (request) => proofs.verifyOptional(request).catch(refuse),
    nonce: proofs.nonce,
  } satisfies ProofVerifier);
}

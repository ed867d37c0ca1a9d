import { isAuthError } from "../core/errors.ts";
import type { GuardSettings } from "../guard/options.ts";
import { mapRefusals, type ProofVerifier } from "../guard/proof-verifier.ts";
import { nameRealm } from "../guard/refusal.ts";
import { isOutage, tellOutage } from "../store-calls/outage.ts";
import type { TokenPlaces } from "./token-places.ts";

/**
 * Binds the verifier of a credential's proofs to the challenge and the listeners of the guard; `null` if no credential
 * has one.
 */
export function bindProofs(settings: GuardSettings & { readonly places: TokenPlaces }): ProofVerifier | null {
  const { proving } = settings.places;
  if (proving === null) return null;
  const { credential, proofs } = proving;
  const name = (error: unknown): unknown => (isAuthError(error) ? nameRealm(settings, error, credential) : error);
  const refuse = (error: unknown): never => {
    if (isOutage(error)) tellOutage(settings.onOutage, error, "verifyProof", true);
    else if (isAuthError(error)) {
      const { code } = error;
      settings.emit(() => ({ type: "token_refused", code }));
    }
    throw name(error);
  };
  // The method that records a proof as used reports the refusal.
  const refuseUse = (error: unknown): never => {
    throw name(error);
  };
  return mapRefusals(proofs, refuse, refuseUse);
}

import { AuthError } from "../core/errors.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";
import { type Binding, readBinding } from "./binding.ts";
import type { SessionDetails } from "./details.ts";
import type { SessionSettings } from "./settings.ts";

/** The proof that came with the request for a refresh. */
export interface RefreshProof {
  /**
   * The proof that came with the request (RFC 9449 §5), as `proofs.check` gave it, which is recorded as used once the
   * session is known; or the `jkt` of a proof that was verified before. None by default. A session that is bound to a
   * key is refreshed only with a proof by that key. In any other session, only the access token of this refresh is
   * bound to the key.
   */
  readonly boundTo?: string | DpopProof | undefined;
}

const OPTIONS: OptionNames<RefreshProof> = { boundTo: "optional" };

/**
 * Reads the key that a refresh was proven by; nothing if there was no proof.
 *
 * @throws TypeError where it is neither a proof nor a thumbprint
 */
export function readRefreshProof(options: RefreshProof): Partial<Binding> {
  checkNames("refresh", options, OPTIONS);
  const { boundTo } = options;
  return boundTo === undefined ? {} : readBinding("refresh", boundTo);
}

/**
 * Decides which key the next access token is bound to. A bound session needs a proof by its own key. If the proof is
 * missing or by another key, the refusal uses up none of the session's tokens. An unbound session stays so, and only
 * this token is bound to the key of the proof.
 *
 * @throws AuthError `invalid_dpop_proof` (401)
 */
export function bindDetails(
  { realm }: SessionSettings,
  details: SessionDetails,
  binding: Partial<Binding>,
): SessionDetails {
  const { boundTo } = details;
  const provenBy = binding.boundTo ?? null;
  if (boundTo === null || boundTo === provenBy) return { ...details, boundTo: provenBy };
  const cause = new Error("the session is bound to a key, and the request was not proven by that key");
  throw new AuthError("invalid_dpop_proof", { realm, scheme: "DPoP", cause });
}

import { AuthError } from "../core/errors.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";
import { type Binding, readBinding } from "./binding.ts";
import type { SessionDetails } from "./details.ts";
import type { SessionSettings } from "./settings.ts";

/** By which key a request for a refresh was proven. */
export interface RefreshProof {
  /**
   * The proof that came with the request (RFC 9449 §5), as `proofs.check` gave it, which is used once the session is
   * known; or the `jkt` of one that was verified. None by default. A session that is bound to a key is refreshed only
   * with that one. Of any other session, the access token of this refresh alone is bound to it.
   */
  readonly boundTo?: string | DpopProof | undefined;
}

const OPTIONS: OptionNames<RefreshProof> = { boundTo: "optional" };

/**
 * Reads the key that a refresh was proven by; nothing where none was.
 *
 * @throws TypeError where it can be none
 */
export function readProof(options: RefreshProof): Partial<Binding> {
  checkNames("refresh", options, OPTIONS);
  const { boundTo } = options;
  return boundTo === undefined ? {} : readBinding("refresh", boundTo);
}

/**
 * Tells what the next access token is bound to. A session that is bound goes on with its own key alone: where the proof
 * is missing or of another key, none of the session's tokens has been used. A session that is not bound stays so, and
 * the token is bound to the key of this one proof.
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

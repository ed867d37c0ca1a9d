import { AuthError } from "../core/errors.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";
import type { SessionDetails } from "./details.ts";
import { checkThumbprint } from "./session-options.ts";
import type { SessionSettings } from "./settings.ts";

/** By which key a request for a refresh was proven. */
export interface RefreshProof {
  /**
   * The `jkt` of the proof that came with the request (RFC 9449 §5). None by default. A session that is bound to a key
   * is refreshed only with that one. Of any other session, the access token of this refresh alone is bound to it.
   */
  readonly boundTo?: string | undefined;
}

const OPTIONS: OptionNames<RefreshProof> = { boundTo: "optional" };

/**
 * Reads the thumbprint of the key that a refresh was proven by; `null` where none was.
 *
 * @throws TypeError where it can be none
 */
export function readProof(options: RefreshProof): string | null {
  checkNames("refresh", options, OPTIONS);
  return options.boundTo === undefined ? null : checkThumbprint("refresh", options.boundTo);
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
  provenBy: string | null,
): SessionDetails {
  const { boundTo } = details;
  if (boundTo === null || boundTo === provenBy) return { ...details, boundTo: provenBy };
  const cause = new Error("the session is bound to a key, and the request was not proven by that key");
  throw new AuthError("invalid_dpop_proof", { realm, scheme: "DPoP", cause });
}

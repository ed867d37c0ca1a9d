import type { Authenticator } from "../authenticator/authenticator.ts";
import type { RefreshProof } from "../sessions/refresh-proof.ts";
import type { AdapterRequest } from "./request.ts";

/**
 * Verifies the DPoP proof of a request for tokens, and tells which key the tokens are to be bound to: to none where the
 * request has no proof. But a proof is demanded where no token is taken without one.
 */
export async function takeProof(
  { proofs = null, takesBearer, tokenCookie }: Pick<Authenticator, "proofs" | "takesBearer" | "tokenCookie">,
  { authRequest }: AdapterRequest,
): Promise<RefreshProof> {
  if (proofs === null) return {};
  const isDemanded = !takesBearer && tokenCookie === null;
  const proof = await proofs[isDemanded ? "verify" : "verifyOptional"](authRequest());
  return proof === null ? {} : { boundTo: proof.jkt };
}

import type { Authenticator } from "../authenticator/authenticator.ts";
import { findExchange, markExchange } from "../guard/request.ts";
import type { RefreshProof } from "../sessions/refresh-proof.ts";
import type { AdapterRequest } from "./request.ts";

/**
 * Checks the DPoP proof of a request for tokens, and tells what the tokens are to be bound to: to no key where the
 * request has no proof. But a proof is demanded where no token is taken without one. The verb uses the proof once it
 * knows who asks: stored any sooner, anybody could fill the store.
 */
export async function checkProof(
  { proofs = null, takesBearer, tokenCookie }: Pick<Authenticator, "proofs" | "takesBearer" | "tokenCookie">,
  { authRequest }: AdapterRequest,
): Promise<RefreshProof> {
  if (proofs === null) return {};
  const given = authRequest();
  // Whoever asks for the identity after this check looks at the same proof.
  const request = markExchange(given, findExchange(given));
  const isDemanded = !takesBearer && tokenCookie === null;
  const proof = await proofs.check(request);
  if (proof !== null) return { boundTo: proof };
  if (isDemanded) await proofs.verify(request); // There is none, so this refuses.
  return {};
}

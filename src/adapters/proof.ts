import type { Authenticator } from "../authenticator/authenticator.ts";
import { findExchange, markExchange } from "../guard/request.ts";
import type { RefreshProof } from "../sessions/refresh-proof.ts";
import type { AdapterRequest } from "./request.ts";

/**
 * Checks the DPoP proof of a request for tokens, and gives the key that the tokens are to be bound to, if there is a
 * proof. A proof is required where every credential demands bound tokens. The method of the authenticator records the
 * proof as used once it knows who is asking: otherwise anybody could fill the store.
 */
export async function checkRequestProof(
  { proofs = null, takesBearer, tokenCookie }: Pick<Authenticator, "proofs" | "takesBearer" | "tokenCookie">,
  { authRequest }: AdapterRequest,
): Promise<RefreshProof> {
  if (proofs === null) return {};
  const given = authRequest();
  // A guard that authenticates the request after this check sees the same proof.
  const request = markExchange(given, findExchange(given));
  const isDemanded = !takesBearer && tokenCookie === null;
  const proof = await proofs.check(request);
  if (proof !== null) return { boundTo: proof };
  if (isDemanded) await proofs.verify(request); // There is none, so this refuses.
  return {};
}

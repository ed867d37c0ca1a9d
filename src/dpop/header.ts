import { createRequestError } from "../core/errors.ts";
import type { CredentialRequest } from "../guard/request.ts";

const CREDENTIALS = /^dpop +([A-Za-z0-9\-._~+/]+=*)$/i;
const SCHEME = /^dpop(?![!#$%&'*+\-.^_`|~0-9A-Za-z])/i;
// A proxy, or Fetch's `Headers`, joins two headers of a name with a comma.
const JOINED = /, *dpop /i;

/**
 * Takes the token out of an Authorization header of the DPoP scheme (RFC 9449 §7.1); `null` where there is none.
 *
 * @throws AuthError `invalid_request` (400) where the scheme is DPoP and the rest is malformed, or there are several
 */
export function readDpopToken(header: string | null): string | null {
  if (header === null) return null;
  const token = CREDENTIALS.exec(header)?.[1];
  if (token !== undefined) return token;
  if (SCHEME.test(header)) throw createRequestError("after the DPoP scheme comes one access token, and nothing else");
  if (JOINED.test(header)) throw createRequestError("a request carries one credential, and this one carries several");
  return null;
}

/**
 * Reads the proof of a request; `null` where there is none.
 *
 * @throws AuthError `invalid_request` (400) where there are several
 */
export function readProofHeader(request: CredentialRequest): string | null {
  const proof = request.header("dpop");
  if (proof === null) return null;
  if (typeof proof !== "string") throw createRequestError("the DPoP header is no text");
  if (proof.includes(",")) throw createRequestError("several DPoP headers");
  return proof;
}

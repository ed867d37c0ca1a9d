import type { CheckedClaims } from "../core/token/claims.ts";
import { createTokenError } from "../core/token/compact.ts";
import { isThumbprint } from "../shared/thumbprint.ts";

const BOUND = "the token is bound (cnf), so it is no Bearer token: have it sent with a proof, to dpop of hallpass/dpop";

/**
 * Refuses a token that is bound to a key (`cnf`, RFC 7800). A Bearer token or a cookie comes without a proof of the
 * key, so a thief would be let in, which the binding is to prevent.
 */
export function refuseBound({ cnf }: CheckedClaims): void {
  if (cnf !== undefined) throw createTokenError(BOUND);
}

/** Reads the thumbprint of the key that claims are bound to (RFC 9449 §6.1); `null` where they are bound to none. */
export function readThumbprint(claims: unknown): string | null {
  const { cnf } = (claims ?? {}) as { readonly cnf?: { readonly jkt?: unknown } | null };
  return isThumbprint(cnf?.jkt) ? cnf.jkt : null;
}

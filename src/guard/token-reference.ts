import type { CheckedClaims } from "../core/token/claims.ts";
import type { TokenReference } from "../stores/contract.ts";
import type { TokenIdentity } from "./identity.ts";

/** Makes the reference that a blocklist is asked with, of a token's claims and the identity that they show. */
export function referToToken(
  { jti, sid }: CheckedClaims,
  { userId, issuedAt }: Pick<TokenIdentity, "userId" | "issuedAt">,
): TokenReference {
  return { jti: jti ?? null, sid: sid ?? null, userId, issuedAt: toDate(issuedAt) };
}

/**
 * Finds out until when the revocation of a token must be kept. The last verifier accepts the token for one tolerance
 * after its `exp`, and the clock that the revocation is kept by may be one tolerance ahead of that verifier's clock.
 */
export function findRevocationEnd(exp: number, clockTolerance: number): Date {
  return toDate((exp + 2 * clockTolerance) * 1_000);
}

const LAST_DATE = 8_640_000_000_000_000;

/**
 * Makes a Date of a foreign token's time, which is any finite number. A time that no Date can hold becomes the nearest.
 */
function toDate(time: number): Date {
  return new Date(Math.min(Math.max(time, -LAST_DATE), LAST_DATE));
}

import type { CheckedClaims } from "../core/token/claims.ts";
import { readIssueTime } from "../core/token/jti.ts";
import type { TokenReference } from "../stores/contract.ts";

/** Makes the reference that a blocklist is asked with. */
export function referToToken({ jti, sid, iat }: CheckedClaims, userId: string): TokenReference {
  return { jti: jti ?? null, sid: sid ?? null, userId, issuedAt: toDate(readIssueTime(jti, iat)) };
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

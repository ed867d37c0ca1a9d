import { MAX_TOKEN_BYTES } from "../../shared/limits.ts";
import { checkSpelling, readObject, splitToken } from "./compact.ts";

/** The contents of a token. Nothing of it is verified. */
export interface DecodedToken {
  /** The protected header: `alg`, `typ`, `kid`. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The payload. Anybody may have written it. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Reads a token WITHOUT verifying anything: no signature, no expiry, no issuer. It is for debugging and for logs. To
 * decide whom to let in, use {@link verifyToken}.
 *
 * @throws AuthError `invalid_token` when the text is not a token
 *
 * @example
 * ```ts
 * const { header, claims } = decodeToken(token);
 * console.log(header.kid, claims.exp);
 * ```
 */
export function decodeToken(token: string): DecodedToken {
  const parts = splitToken(token, MAX_TOKEN_BYTES);
  checkSpelling(parts);
  return { header: readObject(parts, "header"), claims: readObject(parts, "payload") };
}

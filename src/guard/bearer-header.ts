import type { AuthError } from "../core/errors.ts";
import { parseBearer } from "../core/http/bearer.ts";
import { type AuthorizationHeader, takeOne } from "./request.ts";

const BEARER = "Bearer ";

/**
 * Reads the token of an Authorization header; `null` where there is no Bearer credential.
 *
 * After the usual spelling of the scheme, the token is taken without parsing. For a cached token, parsing would take as
 * long as everything else, and a token that verifies is well-formed anyway. If it does not verify,
 * {@link explainRefusal} parses the header.
 */
export function readBearerToken(header: string | null): string | null {
  const isUsual = typeof header === "string" && header.startsWith(BEARER) && header[BEARER.length] !== " ";
  return isUsual ? header.slice(BEARER.length) : parseBearer(header);
}

/**
 * Tells a malformed header (400) from a bad token (401): returns the error of the header if it has one, else that of
 * the token.
 */
export function explainRefusal(header: AuthorizationHeader, error: AuthError): AuthError {
  if (error.code !== "invalid_token") return error;
  try {
    parseBearer(takeOne("Authorization", header));
    return error;
  } catch (malformed) {
    return malformed as AuthError;
  }
}

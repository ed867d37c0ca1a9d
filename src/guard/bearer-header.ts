import type { AuthError } from "../core/errors.ts";
import { parseBearer } from "../core/http/bearer.ts";
import { type AuthorizationHeader, takeOne } from "./request.ts";

const BEARER = "Bearer ";

/**
 * Reads the token of an Authorization header; `null` where there is no Bearer credential.
 *
 * What stands behind the usual spelling of the scheme is taken unparsed. Parsing it would take as long as all else for
 * a token that is remembered, and a token that can be verified is always well-formed. {@link explainRefusal} parses the
 * header of a token that can't.
 */
export function readToken(header: string | null): string | null {
  const isUsual = header?.startsWith(BEARER) && header[BEARER.length] !== " ";
  return isUsual ? (header as string).slice(BEARER.length) : parseBearer(header);
}

/** Tells a malformed header (400) from a bad token (401): gives the error of the header, else the one of the token. */
export function explainRefusal(header: AuthorizationHeader, error: AuthError): AuthError {
  if (error.code !== "invalid_token") return error;
  try {
    parseBearer(takeOne("Authorization", header));
    return error;
  } catch (malformed) {
    return malformed as AuthError;
  }
}

import { AuthError } from "../core/errors.ts";
import { parseBearer } from "../core/http/bearer.ts";
import type { AuthorizationHeader } from "./guard.ts";

const BEARER = "Bearer ";

/**
 * Takes the one Authorization header of a request.
 *
 * @throws AuthError `invalid_request` (400) where there are several
 */
export function takeOnlyHeader(header: AuthorizationHeader): string | null | undefined {
  if (!Array.isArray(header)) return header as string | null | undefined;
  if (header.length > 1) throw new AuthError("invalid_request", { cause: new Error("several Authorization headers") });
  return header[0];
}

/**
 * Reads the token of a header; `null` where there is no Bearer credential.
 *
 * What stands behind the usual spelling of the scheme is taken unparsed. Parsing it would take as long as all else for
 * a token that is remembered, and a token that can be verified is always well-formed. {@link explainRefusal} parses the
 * header of a token that can't.
 */
export function readToken(header: string | null | undefined): string | null {
  const isUsual = typeof header === "string" && header.startsWith(BEARER) && header[BEARER.length] !== " ";
  return isUsual ? header.slice(BEARER.length) : parseBearer(header);
}

/** Tells a malformed header (400) from a bad token (401): gives the error of the header, else the one of the token. */
export function explainRefusal(header: AuthorizationHeader, error: AuthError): AuthError {
  if (error.code !== "invalid_token") return error;
  try {
    parseBearer(takeOnlyHeader(header));
    return error;
  } catch (malformed) {
    return malformed as AuthError;
  }
}

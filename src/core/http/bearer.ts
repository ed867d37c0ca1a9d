import { refusePromise } from "../../shared/promise.ts";
import { createRequestError } from "../errors.ts";

const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const BEARER_SCHEME = /^bearer(?![!#$%&'*+\-.^_`|~0-9A-Za-z])/i;
const DOUBLED_SCHEME = /^bearer +bearer\s/i;

/** What clients send by mistake after the scheme. */
const MISTAKES: readonly (readonly [form: RegExp, cause: string])[] = [
  [/^bearer *$/i, "nothing comes after the Bearer scheme: is the client's variable empty?"],
  [/^bearer +\[object /i, "after the Bearer scheme comes an object as text: await the token, or take its member"],
  [/^bearer *:/i, "a colon comes after the Bearer scheme, where a space belongs"],
];

// A proxy, or Fetch's `Headers`, joins two Authorization headers with a comma.
const JOINED_BEARER = /, *bearer /i;

/**
 * Takes the token out of an `Authorization` header (RFC 6750 §2.1, RFC 9110 §11.4): the scheme in any case, one or more
 * spaces, a b64token, and nothing after it.
 *
 * It checks only the form: the token must still be verified.
 *
 * @param header - the header's value as received; `undefined` or `null` where there was none
 * @returns the token, or `null` when there is no header or it has another scheme
 * @throws AuthError `invalid_request` (400) when it is meant to be Bearer and is malformed, or holds several
 *   credentials
 *
 * @example
 * ```ts
 * parseBearer("Bearer abc.def.ghi"); // → "abc.def.ghi"
 * parseBearer("Basic dXNlcjpwYXNz"); // → null
 * parseBearer(undefined); // → null
 * ```
 */
export function parseBearer(header: string | null | undefined): string | null {
  if (header === undefined || header === null) return null;
  if (typeof header !== "string") {
    refusePromise("the header", header);
    throw createRequestError("parseBearer takes one header as a string");
  }
  const token = CREDENTIALS.exec(header)?.[1];
  if (token !== undefined) return token;
  if (DOUBLED_SCHEME.test(header))
    throw createRequestError("the Bearer scheme is there twice: the client's token begins with it already");
  const mistake = MISTAKES.find(([form]) => form.test(header))?.[1];
  if (mistake !== undefined) throw createRequestError(mistake);
  if (BEARER_SCHEME.test(header))
    throw createRequestError("after the Bearer scheme comes one b64token, and nothing else");
  if (JOINED_BEARER.test(header))
    throw createRequestError("a request carries one credential, and this one carries several");
  return null;
}

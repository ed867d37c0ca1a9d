import { isUtf8 } from "node:buffer";
import { AuthError } from "../errors.ts";

// Whole groups of four, then what is left over, whose last character carries no bits that decoding would drop: RFC 4648
// §3.5. Any other text that a lenient decoder reads as the same bytes would be a second spelling of the token.
const GROUPS = "(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?";
const COMPACT = new RegExp(`^(?=[^.])${GROUPS}\\.(?=[^.])${GROUPS}\\.(?=[^.])${GROUPS}$`);

/** A token in its three parts (RFC 7515 §7.1), still encoded, nothing about it verified. */
export interface Compact {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** What the signature is over. */
  readonly signingInput: string;
}

/** Splits a token, when it is one: of bounded length, three segments, each in the one canonical base64url spelling. */
export function splitToken(token: unknown, maxBytes: number): Compact {
  if (typeof token !== "string") throw invalidToken("a token is a string");
  if (token.length > maxBytes) throw invalidToken(`the token is longer than maxBytes (${maxBytes})`);
  if (!COMPACT.test(token))
    throw invalidToken("a token is three segments of base64url, without padding, split by dots");
  const first = token.indexOf(".");
  const last = token.lastIndexOf(".");
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, last),
    signature: token.slice(last + 1),
    signingInput: token.slice(0, last),
  };
}

/** Reads a segment as the JSON object that it must be, in UTF-8 without exception. */
export function readObject(segment: string, name: "header" | "payload"): Record<string, unknown> {
  const bytes = Buffer.from(segment, "base64url");
  const value = isUtf8(bytes) ? parsed(bytes.toString()) : undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidToken(`the ${name} is not a JSON object in UTF-8`);
  }
  return value as Record<string, unknown>;
}

/** Encodes an object as a segment. */
export function writeObject(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The refusal of a token: the same to the client whatever the reason, which is for the developer. */
export function invalidToken(why: string): AuthError {
  return new AuthError("invalid_token", { cause: new Error(why) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { fromBase64url, isAscii, textFromBase64url, toBase64url } from "../base64url.ts";
import { AuthError } from "../errors.ts";

/** A token in its three parts (RFC 7515 §7.1), still encoded, nothing about it verified. */
export interface Compact {
  readonly token: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** What the signature is over. */
  readonly signingInput: string;
}

/** Splits a token at its first two dots, when it has them, is of bounded length, and all ASCII. */
export function splitToken(token: unknown, maxBytes: number): Compact {
  if (typeof token !== "string") throw invalidToken("a token is a string");
  if (token.length > maxBytes) throw invalidToken(`the token is longer than maxBytes (${maxBytes})`);
  if (!isAscii(token)) throw misspelt();
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (second === -1) throw misspelt();
  return {
    token,
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    signingInput: token.slice(0, second),
  };
}

/** Refuses a token of which a segment is empty, or not in its one spelling. */
export function checkSpelling({ header, payload, signature }: Compact): void {
  for (const segment of [header, payload, signature]) {
    if (segment === "" || fromBase64url(segment) === null) throw misspelt();
  }
}

/** Reads a segment as the JSON object that it must be, in UTF-8 without exception, and in its one spelling. */
export function readObject(parts: Compact, name: "header" | "payload"): Record<string, unknown> {
  const value = parsed(textFromBase64url(parts[name]));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    checkSpelling(parts);
    throw invalidToken(`the ${name} is not a JSON object in UTF-8`);
  }
  return value as Record<string, unknown>;
}

/** Encodes an object as a segment. */
export function writeObject(value: object): string {
  return toBase64url(JSON.stringify(value));
}

/** The refusal of a token: the same to the client whatever the reason, which is for the developer. */
export function invalidToken(why: string): AuthError {
  return new AuthError("invalid_token", { cause: new Error(why) });
}

function misspelt(): AuthError {
  return invalidToken("a token is three segments of base64url, without padding, split by dots");
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

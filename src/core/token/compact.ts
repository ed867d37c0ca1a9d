import { describeMismatch } from "../../shared/finding.ts";
import { fromBase64url, isAscii, textFromBase64url, toBase64url } from "../base64url.ts";
import { AuthError } from "../errors.ts";
import { mistakeIn } from "./misspelling.ts";

/** A token in its three parts (RFC 7515 §7.1), still encoded, nothing about it verified. */
export interface Compact {
  readonly token: string;
  readonly header: string;
  readonly payload: string;
  /** Where the payload ends, and with it what the signature is over. */
  readonly end: number;
}

/** Splits a token at its first two dots, when it has them and is of bounded length. */
export function splitToken(token: unknown, maxBytes: number): Compact {
  if (typeof token !== "string") throw invalidToken(`a token is a string, and this is of type ${typeof token}`);
  if (token.length > maxBytes) throw invalidToken(`the token is longer than maxBytes (${maxBytes})`);
  const first = token.indexOf(".");
  const end = token.indexOf(".", first + 1);
  if (end === -1) throw misspelt(token);
  return {
    token,
    header: token.slice(0, first),
    payload: token.slice(first + 1, end),
    end,
  };
}

/** Refuses a token that isn't all ASCII, or of which a segment is empty, or not in its one spelling. */
export function checkSpelling({ token, header, payload, end }: Compact): void {
  if (!isAscii(token)) throw misspelt(token);
  for (const segment of [header, payload, token.slice(end + 1)]) {
    if (segment === "" || fromBase64url(segment) === null) throw misspelt(token);
  }
}

/**
 * Reads a segment as the JSON object that it must be, in UTF-8 without exception, and in its one spelling. By now the
 * token is known to be ASCII: by its signature, or by {@link checkSpelling}.
 */
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

/** The refusal of a token for one claim or header parameter, which should be as expected. */
export function mismatched(name: string, value: unknown, expected: string | readonly string[]): AuthError {
  return invalidToken(describeMismatch(name, value, expected));
}

function misspelt(token: string): AuthError {
  return invalidToken(`a token is three segments of base64url, without padding, split by dots${mistakeIn(token)}`);
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { describeMismatch } from "../../shared/describe.ts";
import { isObject } from "../../shared/object.ts";
import { fromBase64url, isAscii, textFromBase64url, toBase64url } from "../base64url.ts";
import { AuthError } from "../errors.ts";
import { describeMistake } from "./misspelling.ts";

/** A token in its three parts (RFC 7515 §7.1). They are still encoded, and nothing about them is verified. */
export interface Compact {
  readonly token: string;
  readonly header: string;
  readonly payload: string;
  /** The index of the second dot. The signature covers the text before it. */
  readonly end: number;
}

/** Splits a token at its first two dots. A token that is too long, or has fewer dots, is refused. */
export function splitToken(token: unknown, maxBytes: number): Compact {
  if (typeof token !== "string") throw invalidToken(`a token is a string, and this is of type ${typeof token}`);
  if (token.length > maxBytes) throw invalidToken(`the token is longer than maxBytes (${maxBytes})`);
  const first = token.indexOf(".");
  const end = token.indexOf(".", first + 1);
  if (end === -1) throw invalidSpelling(token);
  return {
    token,
    header: token.slice(0, first),
    payload: token.slice(first + 1, end),
    end,
  };
}

/** Refuses a token that is not ASCII, and one with a segment that is empty or not canonical base64url. */
export function checkSpelling({ token, header, payload, end }: Compact): void {
  if (!isAscii(token)) throw invalidSpelling(token);
  for (const segment of [header, payload, token.slice(end + 1)]) {
    if (segment === "" || fromBase64url(segment) === null) throw invalidSpelling(token);
  }
}

/**
 * Reads a segment, which must be canonical base64url of a JSON object in UTF-8. The caller knows that the token is
 * ASCII: by its signature, or by {@link checkSpelling}.
 */
export function readObject(parts: Compact, name: "header" | "payload"): Record<string, unknown> {
  const value = parseJson(textFromBase64url(parts[name]));
  if (!isObject(value)) {
    checkSpelling(parts);
    throw invalidToken(`the ${name} is not a JSON object in UTF-8`);
  }
  return value as Record<string, unknown>;
}

/** Encodes an object as a segment. */
export function writeObject(value: object): string {
  return toBase64url(JSON.stringify(value));
}

/** Creates the error that refuses a token. The reason is for the developer: the client always gets the same answer. */
export function invalidToken(why: string): AuthError {
  return new AuthError("invalid_token", { cause: new Error(why) });
}

/** Creates the error that refuses a token for a claim or header parameter that is not as expected. */
export function mismatched(name: string, value: unknown, expected: string | readonly string[]): AuthError {
  return invalidToken(describeMismatch(name, value, expected));
}

function invalidSpelling(token: string): AuthError {
  return invalidToken(
    `a token is three segments of base64url, without padding, split by dots${describeMistake(token)}`,
  );
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { describeMismatch } from "../../shared/describe.ts";
import { isObject } from "../../shared/object.ts";
import { refusePromise } from "../../shared/promise.ts";
import { decodeBase64url, decodeBase64urlText, encodeBase64url, isAscii } from "../base64url.ts";
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
  if (typeof token !== "string") {
    refusePromise("the token", token);
    throw createTokenError(`a token is a string, and this is of type ${typeof token}`);
  }
  if (token.length > maxBytes) throw createTokenError(`the token is longer than maxBytes (${maxBytes})`);
  const first = token.indexOf(".");
  const end = token.indexOf(".", first + 1);
  if (end === -1) throw createSpellingError(token);
  return {
    token,
    header: token.slice(0, first),
    payload: token.slice(first + 1, end),
    end,
  };
}

/** Refuses a token that is not ASCII, and one with a segment that is empty or not canonical base64url. */
export function checkSpelling({ token, header, payload, end }: Compact): void {
  if (!isAscii(token)) throw createSpellingError(token);
  for (const segment of [header, payload, token.slice(end + 1)]) {
    if (segment === "" || decodeBase64url(segment) === null) throw createSpellingError(token);
  }
}

/**
 * Reads a segment, which must be canonical base64url of a JSON object in UTF-8. The caller knows that the token is
 * ASCII: by its signature, or by {@link checkSpelling}.
 */
export function readObject(parts: Compact, name: "header" | "payload"): Record<string, unknown> {
  const value = parseJson(decodeBase64urlText(parts[name]));
  if (!isObject(value)) {
    checkSpelling(parts);
    throw createTokenError(`the ${name} is not a JSON object in UTF-8`);
  }
  return value as Record<string, unknown>;
}

/** Encodes an object as a segment. */
export function writeObject(value: object): string {
  return encodeBase64url(JSON.stringify(value));
}

/** Creates the error that refuses a token. The reason is for the developer: the client always gets the same answer. */
export function createTokenError(why: string): AuthError {
  return new AuthError("invalid_token", { cause: new Error(why) });
}

/** Creates the error that refuses a token for a claim or header parameter that is not as expected. */
export function createTokenMismatch(name: string, value: unknown, expected: string | readonly string[]): AuthError {
  return createTokenError(describeMismatch(name, value, expected));
}

function createSpellingError(token: string): AuthError {
  return createTokenError(
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

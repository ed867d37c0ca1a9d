import { MAX_ID_BYTES, MAX_TEXT_LENGTH } from "./limits.ts";

/** The rule of {@link isFilled}, in words. */
export const FILLED = "a non-empty string";

/** Tells whether a value is a string. */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** Tells whether a value is a list of strings. */
export function areStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}

/** Tells whether a value is a non-empty string. */
export function isFilled(value: unknown): value is string {
  return isString(value) && value !== "";
}

/** Returns whether a value is text that every store can hold: 1 to 1024 characters, well-formed, without NUL. */
export function isText(value: unknown): value is string {
  // Databases refuse NUL, and C libraries cut text there.
  return isFilled(value) && value.length <= MAX_TEXT_LENGTH && value.isWellFormed() && !value.includes("\0");
}

/** The rule of {@link isText}, in words. */
export const A_TEXT = "a string of 1 to 1024 characters, well-formed, no NUL";

/** Returns whether a value is text that every store can index: {@link isText}, and at most 2048 bytes in UTF-8. */
export function isId(value: unknown): value is string {
  return isText(value) && Buffer.byteLength(value) <= MAX_ID_BYTES;
}

/**
 * The rule of {@link isId}, in words. It is not built from a template, which bundles would keep even where nothing uses
 * it.
 */
export const AN_ID = "a non-empty string of at most 1024 characters and 2048 bytes, well-formed, no NUL";

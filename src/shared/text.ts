import { MAX_ID_BYTES, MAX_TEXT_LENGTH } from "./limits.ts";

/** What {@link isFilled} asks for, in words. */
export const FILLED = "a non-empty string";

/** Whether a value is text with something in it. */
export function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Returns whether a value is text that every store can hold: 1 to 1024 characters, well-formed, without NUL. */
export function isText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= MAX_TEXT_LENGTH &&
    value.isWellFormed() &&
    !value.includes("\0") // databases refuse NUL, and C libraries cut text there
  );
}

/** Returns whether a value is text by which every store can find something: at most 2048 bytes in UTF-8. */
export function isId(value: unknown): value is string {
  return isText(value) && Buffer.byteLength(value) <= MAX_ID_BYTES;
}

/** What {@link isId} asks for, in words. A template would stay in bundles that have no use for it. */
export const AN_ID = "a non-empty string of at most 1024 characters and 2048 bytes, well-formed, no NUL";

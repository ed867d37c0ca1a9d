import { MAX_TEXT_LENGTH } from "./limits.ts";

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

import { MAX_TEXT_LENGTH } from "./limits.ts";

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

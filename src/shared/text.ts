import { MAX_TEXT_LENGTH } from "./limits.ts";

/** Whether a value is text that every store can hold: 1 to 1024 characters, well-formed, without a NUL. */
export function isText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= MAX_TEXT_LENGTH &&
    value.isWellFormed() &&
    !value.includes("\0") // which databases refuse in text, as an error of their own, and C libraries end it at
  );
}

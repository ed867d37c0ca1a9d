/** The most characters that a name, an id or a password has. */
export const LONGEST_TEXT = 1_024;

/** Whether a value is text that every store can hold: 1 to 1024 characters, well-formed, without a NUL. */
export function isText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= LONGEST_TEXT &&
    value.isWellFormed() &&
    !value.includes("\0") // which databases refuse in text, as an error of their own, and C libraries end it at
  );
}

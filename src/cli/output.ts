/**
 * Writes what comes from others as JSON for a terminal. Characters that a terminal would obey, or that turn the
 * direction of text, are escaped.
 */
export function formatJson(value: unknown): string {
  return escapeControls(JSON.stringify(value, null, 2));
}

/** Escapes the characters that a terminal would obey, beside line breaks. */
export function escapeControls(text: string): string {
  return text.replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

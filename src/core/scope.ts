/** The form of a scope (RFC 6749 §3.3), and of any other name that a challenge lists with spaces between them. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Tells whether a value is a scope. */
export function isScope(value: unknown): value is string {
  return typeof value === "string" && SCOPE.test(value);
}

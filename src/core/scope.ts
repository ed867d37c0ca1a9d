/** What a scope may be (RFC 6749 §3.3), and any other name that stands in a challenge beside others. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Tells whether a value is a scope. */
export function isScope(value: unknown): value is string {
  return typeof value === "string" && SCOPE.test(value);
}

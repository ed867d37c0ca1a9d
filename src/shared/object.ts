/** Tells whether a value is an object but not a list. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Tells whether what is in an object is in its members. That of a Map, a Date and the like, of any realm, is elsewhere:
 * read as options, they would be no options at all.
 */
export function isRecord(value: unknown): value is object {
  return isObject(value) && (Object.keys(value).length > 0 || {}.toString.call(value) === "[object Object]");
}

const OTHER_SCHEME = /^(?!file:)[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9._~-]+(?::\d{1,5})?$/;

/** Tells whether a string is an origin as browsers write it: of a web page, or of an app with a scheme of its own. */
export function isOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { origin } = new URL(value);
  return origin === "null" ? OTHER_SCHEME.test(value) : origin === value;
}

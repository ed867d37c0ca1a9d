const THUMBPRINT = /^[\w-]{43}$/;

/** Whether a value has the form of an RFC 7638 thumbprint of a key by SHA-256, in base64url. */
export function isThumbprint(value: unknown): value is string {
  return typeof value === "string" && THUMBPRINT.test(value);
}

import { isUtf8 } from "node:buffer";

// Read into one buffer again and again: a buffer of its own for each text takes as long as decoding it.
const scratch = Buffer.alloc(8_192);

/**
 * The bytes that a text spells in base64url (RFC 4648 §5); `null` unless it is their one canonical spelling, without
 * padding, line breaks, or bits that decoding would drop (§3.5): Node's decoder takes all of those.
 */
export function fromBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}

/** Spells the UTF-8 of a text in base64url. */
export function toBase64url(text: string): string {
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString("base64url");
  return scratch.toString("base64url", 0, scratch.write(text));
}

/** The UTF-8 text that a text spells in base64url, by the rules of {@link fromBase64url}; `null` where there is none. */
export function textFromBase64url(text: string): string | null {
  const bytes = text.length > scratch.length ? Buffer.alloc(text.length) : scratch;
  const end = bytes.write(text, "base64url");
  if (bytes.toString("base64url", 0, end) !== text) return null;
  const decoded = bytes.toString("utf8", 0, end);
  // What is not UTF-8 is decoded to this character, which may also stand for itself.
  return decoded.includes("\uFFFD") && !isUtf8(bytes.subarray(0, end)) ? null : decoded;
}

import { isUtf8 } from "node:buffer";
import { DEFAULT_TOKEN_BYTES } from "../shared/limits.ts";

// Read into one buffer again and again: a buffer of its own for each text takes as long as decoding it.
const scratch = Buffer.alloc(DEFAULT_TOKEN_BYTES);

/** Whether a text has ASCII alone. Of any other character, what decodes or compares bytes may see only a part. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

/**
 * The bytes that a text of ASCII spells in base64url (RFC 4648 §5); `null` unless it is their one canonical spelling.
 */
export function fromBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return isCanonical(text, bytes.length) ? bytes : null;
}

/** The UTF-8 text that a text of ASCII spells in base64url, by the rules of {@link fromBase64url}; `null` where it spells none. */
export function textFromBase64url(text: string): string | null {
  const bytes = text.length > scratch.length ? Buffer.alloc(text.length) : scratch;
  const length = bytes.write(text, "base64url");
  if (!isCanonical(text, length)) return null;
  const decoded = bytes.toString("utf8", 0, length);
  // What is not UTF-8 is decoded to this character, which may also stand for itself.
  return decoded.includes("\uFFFD") && !isUtf8(bytes.subarray(0, length)) ? null : decoded;
}

/** Spells the UTF-8 of a text in base64url. */
export function toBase64url(text: string): string {
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString("base64url");
  return scratch.toString("base64url", 0, scratch.write(text));
}

/** How a text may end that leaves so many characters over four: where bits of the last one stand for nothing, they are 0. */
const ENDINGS = [null, "", "AQgw", "AEIMQUYcgkosw048"] as const;

/**
 * Whether a text of ASCII is the one spelling of what it was decoded to (§3.5), which has so many bytes. Node's decoder also takes the other alphabet's
 * `+` and `/`, and skips what is in none: then there are fewer bytes than so many characters spell. To encode the bytes
 * again and compare would cost a tenth of a verification.
 */
export function isCanonical(text: string, length: number): boolean {
  const ending = ENDINGS[text.length % 4] as string | null;
  return (
    length === Math.floor((text.length * 3) / 4) &&
    (ending === null || ending.includes(text.charAt(text.length - 1))) &&
    !text.includes("+") &&
    !text.includes("/")
  );
}

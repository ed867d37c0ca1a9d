import { isUtf8 } from "node:buffer";
import { DEFAULT_TOKEN_BYTES } from "../shared/limits.ts";

/**
 * One buffer for all decoding and encoding of text. Allocating a buffer takes as long as decoding a header into it.
 * Nothing is read from it after the call that wrote it has returned.
 */
const scratch = Buffer.alloc(DEFAULT_TOKEN_BYTES);

/**
 * The characters that a canonical text may end in, by its length modulo 4. The last character may hold bits that belong
 * to no byte, and these must be 0. After whole groups of four, any character is right (`null`). One character alone
 * spells no byte, so none is right (`""`).
 */
const LAST_CHARACTERS = [null, "", "AQgw", "AEIMQUYcgkosw048"] as const;

/**
 * Tells whether a text has only ASCII characters. Other code here decodes and compares bytes, and would read only one
 * byte of a character that needs several.
 */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

/** Decodes canonical base64url (RFC 4648 §5), which must be ASCII. `null` where the text is not canonical. */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return isCanonical(text, bytes.length) ? bytes : null;
}

/**
 * Decodes canonical base64url as UTF-8. The text must be ASCII. `null` where it is not canonical, or does not hold
 * UTF-8.
 */
export function decodeBase64urlText(text: string): string | null {
  const bytes = text.length > scratch.length ? Buffer.alloc(text.length) : scratch;
  const length = bytes.write(text, "base64url");
  if (!isCanonical(text, length)) return null;
  const decoded = bytes.toString("utf8", 0, length);
  // The decoder puts U+FFFD in place of bytes that are not UTF-8. A text may also hold U+FFFD itself.
  return decoded.includes("\uFFFD") && !isUtf8(bytes.subarray(0, length)) ? null : decoded;
}

/** Encodes a text's UTF-8 in base64url. */
export function encodeBase64url(text: string): string {
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString("base64url");
  return scratch.toString("base64url", 0, scratch.write(text));
}

/**
 * Copies an ASCII text. A slice keeps the whole text that it was cut from in memory, and is slow to compare. A copy has
 * neither fault.
 */
export function copyAscii(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/**
 * Whether an ASCII text is the canonical base64url (RFC 4648 §3.5) of the bytes that Node decoded from it.
 *
 * Node's decoder also takes `+` and `/`, and skips every character that is in no alphabet. A text with skipped
 * characters gives fewer bytes than its length says. Encoding the bytes again to compare them would cost a tenth of a
 * verification.
 *
 * @param length - how many bytes the decoder gave
 */
function isCanonical(text: string, length: number): boolean {
  const last = LAST_CHARACTERS[text.length % 4] as string | null;
  return (
    length === Math.floor((text.length * 3) / 4) &&
    (last === null || last.includes(text.charAt(text.length - 1))) &&
    !text.includes("+") &&
    !text.includes("/")
  );
}

import { randomBytes } from "node:crypto";
import { AuthError } from "../core/errors.ts";
import { computeCrc32 } from "./crc32.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = ALPHABET.length;

/** The random characters: 178 bits. */
const RANDOM_LENGTH = 30;

/** 62 to the power of 6 is more than 2 to the power of 32. */
const CHECKSUM_LENGTH = 6;

/** Bytes from here on are rejected: with them, the first characters of the alphabet would be more frequent. */
const FIRST_UNEVEN = 256 - (256 % BASE);

const BASE62 = /^[0-9A-Za-z]+$/;

/** Makes a key: `prefix_`, 30 random characters of base62, and 6 with the CRC-32 of everything before them. */
export function makeKeyText(prefix: string): string {
  let random = "";
  while (random.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(RANDOM_LENGTH)) if (byte < FIRST_UNEVEN) random += ALPHABET[byte % BASE];
  }
  const body = `${prefix}_${random.slice(0, RANDOM_LENGTH)}`;
  return body + formatChecksum(body);
}

/** Tells whether what a client sent is a string of the length that keys of a prefix have. */
export function hasKeyLength(sent: unknown, prefix: string): sent is string {
  return typeof sent === "string" && sent.length === prefix.length + 1 + RANDOM_LENGTH + CHECKSUM_LENGTH;
}

/**
 * Takes a key that a client sent, if its prefix and its checksum are right. So a key that was cut short or mistyped
 * costs no call of a store.
 *
 * @throws AuthError `invalid_token` (401) for anything else
 */
export function takeKey(sent: unknown, prefix: string): string {
  if (!hasKeyLength(sent, prefix)) throw refuseKey("it is no string of a key's length");
  if (!sent.startsWith(`${prefix}_`) || !BASE62.test(sent.slice(prefix.length + 1))) {
    throw refuseKey("it does not begin with the prefix, or has other characters than letters and digits after it");
  }
  const end = sent.length - CHECKSUM_LENGTH;
  if (formatChecksum(sent.slice(0, end)) !== sent.slice(end)) throw refuseKey("its checksum does not fit");
  return sent;
}

/** Makes the refusal of a key. The reason is for the developer, and must not contain the key. */
export function refuseKey(reason: string): AuthError {
  return new AuthError("invalid_token", { cause: new Error(`the API key is refused: ${reason}`) });
}

function formatChecksum(body: string): string {
  let text = "";
  for (let rest = computeCrc32(body); text.length < CHECKSUM_LENGTH; rest = Math.floor(rest / BASE)) {
    text = ALPHABET.charAt(rest % BASE) + text;
  }
  return text;
}

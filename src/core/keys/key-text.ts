import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { MAX_KEY_LENGTH } from "../../shared/limits.ts";

/** What stands somewhere in every PEM, SSH key and JWK, and in no random secret. */
const KEY_TEXT =
  /-----?\s?BEGIN[ +]|ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-|PuTTY-User-Key-File|kty\W{1,9}(?:RSA|EC|OKP|AKP|oct)|"keys\\*"\s*:\s*\[/i;

/** How the DER of a key or certificate begins: a SEQUENCE, its length, and a number or a second SEQUENCE. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: each character stands for a byte
const DER = /0(?=(?:[ -\x7f]|\x81.|\x82..)(?:\x02|0.{1,3}[\x02\x06\xa0]))/gs;

/** The forms of DER that node:crypto reads keys in. */
const FORMS = ["spki", "pkcs1", "pkcs8", "sec1"];

/** How many such beginnings are tried. Of random bytes, one in 65,000 is one; each takes a tenth of a millisecond. */
const MOST_TRIED = 64;

/** Below this an RSA modulus is a few random bytes behind a lucky beginning. */
const LEAST_BITS = 512;

/** No key that has been decoded is shorter, and most of what a random secret decodes to is. */
const LEAST_BYTES = 32;

/** A key in base64 is often put into base64 once more, as a whole file. */
const ENCODINGS = 2;

/**
 * Whether bytes hold a key of a key pair or a certificate, wherever it begins: as text or DER, or in base64, hex or a list of
 * numbers. In a text longer than any key, only {@link KEY_TEXT} is looked for.
 */
export function holdsKey(bytes: Uint8Array): boolean {
  return holds(Buffer.from(bytes), bytes.length > MAX_KEY_LENGTH ? 0 : ENCODINGS);
}

function holds(bytes: Buffer, encodings: number): boolean {
  if (bytes.length < LEAST_BYTES) return false;
  // UTF-16 has a NUL beside each character.
  const raw = bytes.toString("latin1").replaceAll("\0", "");
  const text = raw.replace(/(?:%|\\u00)([\da-f]{2})/gi, (_, code) => Buffer.from(code, "hex").toString("latin1"));
  if (KEY_TEXT.test(text) || holdsDer(bytes)) return true;
  if (encodings === 0) return false;
  const base64 = text.replace(/\\[nrt]|[^\w+/-]/g, "");
  const hex = raw.replace(/0x|[^\da-f]/gi, "");
  return [
    Buffer.from(bytes.toString(), "latin1"),
    Buffer.from((raw.match(/-?\b\d{1,3}\b(?!":)/g) ?? []).map(Number)),
    // A word before the encoded key, such as a variable's name, may end anywhere within a group of characters.
    ...[0, 1].map((start) => Buffer.from(hex.slice(start), "hex")),
    ...[0, 1, 2, 3].map((start) => Buffer.from(base64.slice(start), "base64")),
  ].some((decoded) => holds(decoded, encodings - 1));
}

function holdsDer(bytes: Buffer): boolean {
  const beginnings = [...bytes.toString("latin1").matchAll(DER)].slice(0, MOST_TRIED);
  return beginnings.some(({ index }) => isKey(bytes.subarray(index)));
}

function isKey(key: Buffer): boolean {
  // Each of the two refuses the other's forms, and not every runtime's createPublicKey takes a private key.
  const readers = [createPublicKey, createPrivateKey] as readonly ((input: object) => KeyObject)[];
  const isPair = FORMS.some((type) => readers.some((read) => isRead(() => read({ key, format: "der", type }))));
  return isPair || isRead(() => new X509Certificate(key));
}

function isRead(read: () => KeyObject | X509Certificate): boolean {
  try {
    return ((read() as KeyObject).asymmetricKeyDetails?.modulusLength ?? LEAST_BITS) >= LEAST_BITS;
  } catch {
    return false;
  }
}

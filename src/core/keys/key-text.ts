import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

/**
 * Finds texts that stand in keys and never in a random secret: the first line of a PEM or SSH key, the members of a JWK
 * (with its quotes in any escape), the output of openssl and .NET, and the DER name of a NIST algorithm. The last is
 * there because not every runtime can read keys for each of them (ML-DSA, RFC 9881).
 */
const TEXTS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: each of these characters stands for a byte
  /-----?\s?BEGIN[ +]|ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-|PuTTY-User-Key-File|modulus[:=>]|pub:\s+\w\w:|kty(?:\W|quot|x?\d[\da])+(?:RSA|EC|OKP|AKP|oct)\b|"keys\\*"\s*:\s*\[|`\x86H\x01e\x03\x04/i;

/** How the DER of a key or certificate begins: a SEQUENCE, its length, and a number or a second SEQUENCE. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: each character stands for a byte
const DER = /0(?=(?:[ -\x7f]|\x81.|\x82..)(?:\x02|0.{1,3}[\x02\x06\xa0]))/gs;

/** The forms of DER that node:crypto reads keys in. */
const FORMS = ["spki", "pkcs1", "pkcs8", "sec1"];

/**
 * How many places that look like the beginning of DER are tried. A try takes a tenth of a millisecond. Random bytes
 * have one in 65,000.
 */
const MAX_TRIES = 64;

/** The least bits of an RSA modulus. Random bytes can be read as the DER of a shorter one. */
const MIN_BITS = 512;

/** The least bytes of a key. Most texts that a random secret decodes to are shorter, and need no search. */
const MIN_BYTES = 32;

/** How many times a key may be encoded. A file that holds base64 is often put into base64 as a whole. */
const ENCODINGS = 2;

/**
 * Tells whether bytes contain a key of a key pair, or a certificate: as text or as DER, in base64, in hex, or in a list
 * of numbers, and at any position.
 */
export function holdsKey(secret: Uint8Array, encodings: number = ENCODINGS): boolean {
  if (secret.length < MIN_BYTES) return false;
  const bytes = Buffer.from(secret);
  // In UTF-16, a NUL stands beside each ASCII character.
  const raw = bytes.toString("latin1").replaceAll("\0", "");
  const text = raw.replace(/(?:%|\\u00)([\da-f]{2})/gi, (_, code) => String.fromCharCode(Number(`0x${code}`)));
  if (TEXTS.test(text) || holdsDer(bytes)) return true;
  if (encodings === 0) return false;
  const base64 = text.replace(/\\[nrt]|[^\w+/-]/g, "");
  const hex = raw.replace(/0x|[^\da-f]/gi, "");
  return [
    Buffer.from(bytes.toString(), "latin1"),
    Buffer.from((raw.match(/-?\b\d{1,3}\b(?!":)/g) ?? []).map(Number)),
    // Text before the key, such as a variable's name, can shift the groups of characters that make up its bytes.
    ...[0, 1].map((start) => Buffer.from(hex.slice(start), "hex")),
    ...[0, 1, 2, 3].map((start) => Buffer.from(base64.slice(start), "base64")),
  ].some((decoded) => holdsKey(decoded, encodings - 1));
}

function holdsDer(bytes: Buffer): boolean {
  const beginnings = [...bytes.toString("latin1").matchAll(DER)].slice(0, MAX_TRIES);
  return beginnings.some(({ index }) => isKeyMaterial(bytes.subarray(index)));
}

function isKeyMaterial(key: Buffer): boolean {
  // Both are tried: not every runtime's createPublicKey takes a private key.
  const readers = [createPublicKey, createPrivateKey] as readonly ((input: object) => KeyObject)[];
  const isPair = FORMS.some((type) => readers.some((read) => isRead(() => read({ key, format: "der", type }))));
  return isPair || isRead(() => new X509Certificate(key));
}

function isRead(read: () => KeyObject | X509Certificate): boolean {
  try {
    return ((read() as KeyObject).asymmetricKeyDetails?.modulusLength ?? MIN_BITS) >= MIN_BITS;
  } catch {
    return false;
  }
}

import { type KeyObject, X509Certificate } from "node:crypto";
import { MAX_KEY_LENGTH } from "../../shared/limits.ts";
import { DER_READERS } from "./der.ts";

// Anywhere in the text: whatever stands before it, no random secret holds any of these.
const KEY_TEXT =
  /-----?(?:\s|%20)?BEGIN(?:[ +]|%20)|ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-|PuTTY-User-Key-File|"kty\\*"\s*:|"keys\\*"\s*:\s*\[/i;

const SEQUENCE = 0x30;

/** Below this an RSA modulus is a few random bytes behind a lucky beginning. */
const LEAST_BITS = 512;

/** Whether bytes are, or spell, a key of a key pair or a certificate: as text or DER, or in base64 or hex of those. */
export function holdsKey(bytes: Uint8Array): boolean {
  const whole = Buffer.from(bytes);
  if (whole.length > MAX_KEY_LENGTH) return isKeyText(whole);
  const once = [whole, ...spelt(whole)];
  return [...once, ...once.slice(1).flatMap(spelt)].some((it) => isKeyText(it) || isKeyDer(it));
}

/** What the text that bytes stand for spells: in Latin-1, base64 or base64url, and hex. NULs are of UTF-16. */
function spelt(bytes: Buffer): Buffer[] {
  const text = bytes.toString("latin1").replaceAll("\0", "");
  return [
    Buffer.from(bytes.toString(), "latin1"),
    Buffer.from(text.replace(/\\+[nrt]/g, ""), "base64"),
    Buffer.from(text.replace(/0x|[^0-9a-f]/gi, ""), "hex"),
  ];
}

function isKeyText(bytes: Buffer): boolean {
  return KEY_TEXT.test(bytes.toString("latin1").replaceAll("\0", ""));
}

function isKeyDer(der: Buffer): boolean {
  return der[0] === SEQUENCE && (Object.values(DER_READERS).some((read) => isKey(read, der)) || isCertificate(der));
}

function isKey(read: (der: Buffer) => KeyObject, der: Buffer): boolean {
  try {
    return (read(der).asymmetricKeyDetails?.modulusLength ?? LEAST_BITS) >= LEAST_BITS;
  } catch {
    return false;
  }
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der) !== null;
  } catch {
    return false;
  }
}

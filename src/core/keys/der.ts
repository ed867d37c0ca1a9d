import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

const form = (make: typeof createPrivateKey | typeof createPublicKey, type: string) => (key: Buffer) =>
  (make as (input: object) => KeyObject)({ key, format: "der", type });

/** What reads a key's DER, by the label that a PEM of it has (RFC 7468, RFC 8017, RFC 5915). */
export const DER_READERS: Readonly<Record<string, (key: Buffer) => KeyObject>> = {
  "PRIVATE KEY": form(createPrivateKey, "pkcs8"),
  "RSA PRIVATE KEY": form(createPrivateKey, "pkcs1"),
  "EC PRIVATE KEY": form(createPrivateKey, "sec1"),
  "PUBLIC KEY": form(createPublicKey, "spki"),
  "RSA PUBLIC KEY": form(createPublicKey, "pkcs1"),
};

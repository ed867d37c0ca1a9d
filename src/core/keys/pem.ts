import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { MAX_KEY_LENGTH } from "../../shared/limits.ts";
import { checkBody, describeText, findRemedy } from "./pem-faults.ts";
import { readKeyObject } from "./read-key-object.ts";

/** The form of a PEM's DER by the PEM's label (RFC 7468, RFC 8017, RFC 5915), as node:crypto names it. */
const FORMS: Readonly<Record<string, string>> = {
  "PRIVATE KEY": "pkcs8",
  "RSA PRIVATE KEY": "pkcs1",
  "EC PRIVATE KEY": "sec1",
  "PUBLIC KEY": "spki",
  "RSA PUBLIC KEY": "pkcs1",
};

const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/** Line breaks, and the escapes that stand for them in environment variables. */
const BREAKS = /(?:\s|(?<!\\)\\+[nrt])+/g;

/**
 * Reads the key of a PEM: PKCS#8, PKCS#1, SEC1 or SPKI (RFC 7468, RFC 8017, RFC 5915). Its lines may be indented, or
 * joined to one line, or separated by the two characters `\n`.
 */
export function readPem(pem: string): KeyObject {
  if (pem.length > MAX_KEY_LENGTH) throw new TypeError(`importKey: a PEM has at most ${MAX_KEY_LENGTH} characters`);
  // Before an EC key, openssl writes a block that names the curve.
  const blocks = [...pem.matchAll(BEGIN)].filter(([, label]) => label !== "EC PARAMETERS");
  const [block] = blocks;
  if (block === undefined) throw new TypeError(`importKey takes a JWK object or a PEM: ${describeText(pem)}`);
  if (blocks.length > 1) throw new TypeError("importKey: this PEM holds several keys; pass one");
  const [begin, label] = block as unknown as [string, string];
  const [body, end] = pem.slice(block.index + begin.length).split(`-----END ${label}-----`);
  const base64 = (body as string).replace(BREAKS, "");
  const type = FORMS[label];
  if (type === undefined) {
    const remedy = findRemedy(label, base64) ?? `the labels it takes are ${Object.keys(FORMS).join(", ")}`;
    throw new TypeError(`importKey can't take a PEM labelled ${label}: ${remedy}`);
  }
  checkBody(base64, end !== undefined);
  const read = (label.endsWith("PRIVATE KEY") ? createPrivateKey : createPublicKey) as (der: object) => KeyObject;
  return readKeyObject(() => read({ key: Buffer.from(base64, "base64"), format: "der", type }));
}

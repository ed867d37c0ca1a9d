import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readable } from "./readable.ts";

const LONGEST = 65_536;
const LABEL = /-----BEGIN ([A-Z0-9 ]+)-----/g;

const READERS: Record<string, (pem: string) => KeyObject> = {
  "PRIVATE KEY": createPrivateKey,
  "RSA PRIVATE KEY": createPrivateKey,
  "EC PRIVATE KEY": createPrivateKey,
  "PUBLIC KEY": createPublicKey,
  "RSA PUBLIC KEY": createPublicKey,
};

const REMEDIES: Record<string, string> = {
  CERTIFICATE: "take the public key out of it with: openssl x509 -in cert.pem -pubkey -noout",
  "ENCRYPTED PRIVATE KEY": "decrypt it with: openssl pkcs8 -in key.pem",
  "OPENSSH PRIVATE KEY": "turn it into PKCS#8 with: ssh-keygen -p -m pkcs8 -f key",
};

/** Reads the one key of a PEM: PKCS#8, PKCS#1, SEC1 or SPKI (RFC 7468, RFC 8017, RFC 5915). */
export function readPem(pem: string): KeyObject {
  if (pem.length > LONGEST) throw new TypeError(`importKey: a PEM has at most ${LONGEST} characters`);
  // openssl writes the name of the curve in a block of its own before an EC key.
  const labels = [...pem.matchAll(LABEL)].map(([, label]) => label as string).filter((it) => it !== "EC PARAMETERS");
  const [label] = labels;
  if (label === undefined) {
    throw new TypeError(
      'importKey takes a JWK object or a PEM, which starts with "-----BEGIN"; parse a JWK\'s JSON first',
    );
  }
  if (labels.length > 1) throw new TypeError("importKey: this PEM holds several keys; pass one");
  const read = READERS[label];
  if (read === undefined) {
    const remedy = REMEDIES[label] ?? `the labels it takes are ${Object.keys(READERS).join(", ")}`;
    throw new TypeError(`importKey can't take a PEM labelled ${label}: ${remedy}`);
  }
  return readable(() => read(pem));
}

import type { KeyObject } from "node:crypto";
import { MAX_KEY_LENGTH } from "../../shared/limits.ts";
import { DER_READERS } from "./der.ts";
import { checkBody, complaintAbout, remedyFor } from "./pem-faults.ts";
import { readable } from "./readable.ts";

const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/** Line breaks, and what stands for them in the value of an environment variable. */
const BREAKS = /(?:\s|(?<!\\)\\+[nrt])+/g;

/**
 * Reads the one key of a PEM: PKCS#8, PKCS#1, SEC1 or SPKI (RFC 7468, RFC 8017, RFC 5915). Its lines may be indented, in
 * one, or parted by `\n` in two characters.
 */
export function readPem(pem: string): KeyObject {
  if (pem.length > MAX_KEY_LENGTH) throw new TypeError(`importKey: a PEM has at most ${MAX_KEY_LENGTH} characters`);
  // openssl writes the name of the curve in a block of its own before an EC key.
  const blocks = [...pem.matchAll(BEGIN)].filter(([, label]) => label !== "EC PARAMETERS");
  const [block] = blocks;
  if (block === undefined) throw new TypeError(`importKey takes a JWK object or a PEM: ${complaintAbout(pem)}`);
  if (blocks.length > 1) throw new TypeError("importKey: this PEM holds several keys; pass one");
  const [begin, label] = block as unknown as [string, string];
  const [body, end] = pem.slice(block.index + begin.length).split(`-----END ${label}-----`);
  const base64 = (body as string).replace(BREAKS, "");
  const read = DER_READERS[label];
  if (read === undefined) {
    const remedy = remedyFor(label, base64) ?? `the labels it takes are ${Object.keys(DER_READERS).join(", ")}`;
    throw new TypeError(`importKey can't take a PEM labelled ${label}: ${remedy}`);
  }
  checkBody(base64, end !== undefined);
  return readable(() => read(Buffer.from(base64, "base64")));
}

import { assert } from "../../shared/assert.ts";

/** The bytes of one number of an ECDSA signature, by node:crypto's name of the curve. */
const COORDINATES: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };

const SEQUENCE = 0x30;
const INTEGER = 0x02;

const NO_SIGNATURE = 'sign answered no ECDSA signature in DER; is it dsaEncoding: "ieee-p1363"?';

/**
 * Rewrites an ECDSA signature from DER (RFC 3279 §2.2.3) to the two numbers of RFC 7518 §3.4.
 *
 * @throws TypeError when `der` is not such a signature
 */
export function convertDer(der: Uint8Array, curve: string): Uint8Array {
  const length = COORDINATES[curve] as number;
  // Only a signature of the longest curve has a second byte for its length.
  const start = der[1] === 0x81 ? 3 : 2;
  const r = readDerInteger(der, start, length);
  const s = readDerInteger(der, r.end, length);
  const isWhole = der[0] === SEQUENCE && der[start - 1] === der.length - start && s.end === der.length;
  assert(isWhole, NO_SIGNATURE);
  return Buffer.concat([r.bytes, s.bytes]);
}

/** Reads a number, and pads it to the length of the curve's numbers. */
function readDerInteger(der: Uint8Array, at: number, length: number): { bytes: Uint8Array; end: number } {
  const size = der[at + 1] ?? 0;
  const end = at + 2 + size;
  const digits = der.subarray(at + 2, end);
  const significant = digits[0] === 0 ? digits.subarray(1) : digits;
  assert(der[at] === INTEGER && significant.length <= length, NO_SIGNATURE);
  const bytes = new Uint8Array(length);
  bytes.set(significant, length - significant.length);
  return { bytes, end };
}

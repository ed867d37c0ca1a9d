import { isUint8Array } from "node:util/types";

/**
 * Copies the bytes of a Uint8Array; `null` where the value is none. One of another realm (a Jest sandbox, a `vm`
 * context) counts. A DataView, or an array of wider numbers, does not: not everybody would read the same bytes out of
 * it.
 */
export function copyBytes(value: unknown): Uint8Array | null {
  return isUint8Array(value) ? new Uint8Array(value) : null;
}

import { isUint8Array } from "node:util/types";

/**
 * Copies the bytes of a Uint8Array; `null` for any other value. A Uint8Array of another realm (a Jest sandbox, a `vm`
 * context) counts. A DataView, or an array of wider numbers, does not: other code might read different bytes from it.
 */
export function copyBytes(value: unknown): Uint8Array | null {
  return isUint8Array(value) ? new Uint8Array(value) : null;
}

import { refusePromise } from "../../shared/promise.ts";
/**
 * Encodes an id as text that every database stores unchanged: databases refuse or replace NUL and lone surrogates.
 * Different ids have different encodings, and an ordinary id is its own encoding.
 */
export function encodeId(id: string): string {
  checkIsId(id);
  return JSON.stringify(id).slice(1, -1);
}

/** Refuses an id that is no string, such as a promise of one: a revocation of it would revoke nobody. */
export function checkIsId(id: unknown): void {
  if (typeof id === "string") return;
  refusePromise("an id that a store was given", id);
  throw new TypeError("a store was given an id that is no string");
}

/** Decodes what {@link encodeId} made. */
export function decodeId(encoded: string): string {
  return JSON.parse(`"${encoded}"`) as string;
}

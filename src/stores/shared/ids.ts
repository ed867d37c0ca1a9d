/**
 * Encodes an id as text that every database stores unchanged: databases refuse or replace NUL and lone surrogates.
 * Different ids have different encodings, and an ordinary id is its own encoding.
 */
export function encodeId(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

/** Decodes what {@link encodeId} made. */
export function decodeId(encoded: string): string {
  return JSON.parse(`"${encoded}"`) as string;
}

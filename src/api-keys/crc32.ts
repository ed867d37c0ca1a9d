/** The polynomial of CRC-32 (ISO 3309, as in gzip and PNG), its bits in reverse. */
const POLYNOMIAL = 0xedb88320;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

/** Computes the CRC-32 of ASCII text. That of `node:zlib` would load all of Node's streams. */
export function computeCrc32(text: string): number {
  let rest = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    rest = (TABLE[(rest ^ text.charCodeAt(at)) & 255] as number) ^ (rest >>> 8);
  }
  return (rest ^ 0xffffffff) >>> 0;
}

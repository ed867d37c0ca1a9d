/** A string of its own: a slice keeps the whole that it was cut from, and is slow to compare. For ASCII alone. */
export function flat(slice: string): string {
  return Buffer.from(slice, "latin1").toString("latin1");
}

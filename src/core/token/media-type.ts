/** Tells whether a header's `typ` is one of those that are accepted. */
export function isAmong(typ: unknown, types: readonly string[]): boolean {
  return typeof typ === "string" && types.some((it) => normaliseTyp(it) === normaliseTyp(typ));
}

/** Writes a media type in one spelling: in lower case, with its `application/` (RFC 7515 §4.1.9). */
export function normaliseTyp(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.includes("/") ? lower : `application/${lower}`;
}

const INTEGER = /^-?\d{1,16}$/;

/** Reads a whole number. Some clients give numbers as text or as bigints. */
export function readInteger(value: unknown): number {
  const isSpelled = typeof value === "bigint" || (typeof value === "string" && INTEGER.test(value));
  const number = isSpelled ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw new TypeError("the database gave no whole number where one is stored");
  return number as number;
}

/** How databases and their clients write true and false. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "t", "1"].map((spelling) => [spelling, true] as const),
  ...["false", "f", "0"].map((spelling) => [spelling, false] as const),
]);

/** Reads true or false. Some clients give them as numbers, bigints or text. */
export function readFlag(value: unknown): boolean {
  const flag = typeof value === "object" ? undefined : FLAGS.get(String(value));
  if (flag === undefined) throw new TypeError("the database gave neither true nor false where one is stored");
  return flag;
}

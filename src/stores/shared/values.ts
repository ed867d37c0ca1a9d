const WHOLE = /^-?\d{1,16}$/;

/** A whole number, however a client hands numbers out: as text or a bigint too. */
export function numberOf(value: unknown): number {
  const isSpelled = typeof value === "bigint" || (typeof value === "string" && WHOLE.test(value));
  const number = isSpelled ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw new TypeError("the database gave no whole number where one is stored");
  return number as number;
}

/** How databases and their clients spell true and false. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "t", "1"].map((spelling) => [spelling, true] as const),
  ...["false", "f", "0"].map((spelling) => [spelling, false] as const),
]);

/** True or false, however a client hands them out. */
export function flagOf(value: unknown): boolean {
  const flag = typeof value === "object" ? undefined : FLAGS.get(String(value));
  if (flag === undefined) throw new TypeError("the database gave neither true nor false where one is stored");
  return flag;
}

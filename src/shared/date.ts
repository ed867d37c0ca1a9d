/**
 * Returns the milliseconds since 1970 of a Date, and `NaN` for any other value. A Date of another realm (a Jest
 * sandbox, fake timers, a `vm` context) counts too, although it is not `instanceof Date`.
 */
export function readTime(value: unknown): number {
  if (typeof value !== "object") return Number.NaN; // to throw and catch costs as much as a signature
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return Number.NaN;
  }
}

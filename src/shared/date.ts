/**
 * The milliseconds since 1970 that a Date holds; `NaN` where the value is no Date. A Date of another realm (a Jest sandbox,
 * fake timers, a `vm` context) counts, which is no `instanceof Date` here.
 */
export function timeOf(value: unknown): number {
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return Number.NaN;
  }
}

/**
 * Refuses what a caller passed, unless a condition holds.
 *
 * @throws TypeError with the message, which says what to do
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new TypeError(message);
}

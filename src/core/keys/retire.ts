import { assert } from "../../shared/assert.ts";
import { readTime } from "../../shared/date.ts";
import { isKey, KEY, makeKey, type VerifyingKey } from "./key.ts";

/**
 * Gives a key a date from which on it no longer verifies, by the clock of the token profile that uses it. So a ring can
 * hold an old key, and nobody has to remove it in time.
 *
 * Choose a date after the last token that it signed has expired.
 *
 * @param key - a key that has signed until now; the result only verifies
 * @param at - the date
 * @throws TypeError when `key` is not a key, or `at` is not a date
 *
 * @example
 * ```ts
 * const keys = keyRing(thisYears, retireKey(lastYears, new Date("2027-01-02")));
 * ```
 */
export function retireKey(key: VerifyingKey, at: Date): VerifyingKey {
  assert(isKey(key), "retireKey takes a key made by secretKey or importKey (await it)");
  const time = readTime(at);
  assert(!Number.isNaN(time), "retireKey takes a Date, from which on the key no longer verifies");
  const { sign: _sign, ...operations } = key[KEY];
  return makeKey(key.algorithm, key.kid, operations, time);
}

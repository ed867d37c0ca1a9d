import { assert } from "../../shared/assert.ts";
import { checkGiven } from "../../shared/options.ts";
import { readMark } from "../../shared/read.ts";
import { canonicaliseName } from "./algorithms.ts";
import { isKey, type SigningKey, type VerifyingKey } from "./key.ts";

const RING: unique symbol = Symbol.for("hallpass.keyRing") as never;

/** Several keys in rotation: one signs, and all verify. Made by {@link keyRing}. */
export interface KeyRing {
  /** The key that signs; `null` in a ring of public keys, which only verifies. */
  readonly current: SigningKey | null;
  /** All the keys, the current one first. */
  readonly keys: readonly VerifyingKey[];
  /** @internal */
  readonly [RING]: true;
}

/**
 * Binds keys for rotation: the first signs, and all verify. A token's `kid` picks one of the keys for its algorithm. A
 * token without `kid` is tried with each of them. Keys for different algorithms may have the same `kid` (RFC 7517
 * §4.5).
 *
 * To rotate, put the new key first, and keep the old one until its last token has expired. To publish a key before it
 * signs, put it behind the current one.
 *
 * @throws TypeError when a value is not a key, or two keys for one algorithm have the same `kid`
 *
 * @example
 * ```ts
 * const keys = keyRing(secretKey(thisYears, { kid: "2026" }), secretKey(lastYears, { kid: "2025" }));
 * ```
 */
export function keyRing(
  current: SigningKey | VerifyingKey,
  ...previous: readonly (SigningKey | VerifyingKey)[]
): KeyRing {
  const keys = [current, ...previous];
  for (const key of keys) checkGiven("keyRing: a key", key);
  assert(keys.every(isKey), "keyRing takes keys made by secretKey or importKey (await it)");
  const names = keys.flatMap(({ kid, algorithm }) => (kid === null ? [] : `${canonicaliseName(algorithm)} ${kid}`));
  const areDistinct = new Set(names).size === names.length;
  assert(areDistinct, "keyRing: two keys for one algorithm have the same kid; give each its own");
  const signer = current.canSign ? (current as SigningKey) : null;
  return Object.freeze({ current: signer, keys: Object.freeze(keys), [RING]: true as const });
}

/** Makes a ring of a single key. A ring stays as it is. */
export function toRing(keys: unknown): KeyRing {
  if (isKey(keys)) return keyRing(keys);
  assert(readMark(keys, RING) === true, "keys must be made by secretKey, importKey (await it) or keyRing");
  return keys as KeyRing;
}

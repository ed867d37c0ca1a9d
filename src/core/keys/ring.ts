import { markOf } from "../../shared/read.ts";
import { isKey, type SigningKey, type VerifyingKey } from "./key.ts";

const RING: unique symbol = Symbol.for("hallpass.keyRing") as never;

/** Several keys in rotation: one signs, all verify. Made by {@link keyRing}. */
export interface KeyRing {
  /** The key that signs; `null` in a ring of public keys, which only verifies. */
  readonly current: SigningKey | null;
  /** All the keys, the current one first. */
  readonly keys: readonly VerifyingKey[];
  /** @internal */
  readonly [RING]: true;
}

/**
 * Binds keys for rotation: the first signs, all verify. A token's `kid` picks the key; for one without `kid` those that
 * fit its algorithm are tried.
 *
 * To rotate, put the new key first and keep the old one until its last token has expired. To publish a key before it
 * signs, add it behind the current one first.
 *
 * @throws TypeError when a value is not a key, or two keys have the same `kid`
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
  if (!keys.every(isKey)) throw new TypeError("keyRing takes keys made by secretKey or importKey (await it)");
  const kids = keys.flatMap(({ kid }) => kid ?? []);
  if (new Set(kids).size < kids.length) throw new TypeError("keyRing: two keys have the same kid; give each its own");
  const signer = current.canSign ? (current as SigningKey) : null;
  return Object.freeze({ current: signer, keys: Object.freeze(keys), [RING]: true as const });
}

/** What a profile was given as `keys`, as a ring. */
export function asRing(keys: unknown): KeyRing {
  if (isKey(keys)) return keyRing(keys);
  if (markOf(keys, RING) === true) return keys as KeyRing;
  throw new TypeError("keys must be made by secretKey, importKey (await it) or keyRing");
}

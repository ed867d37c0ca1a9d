import { assert } from "../../shared/assert.ts";
import { checkGiven } from "../../shared/options.ts";
import { refusePromise } from "../../shared/promise.ts";
import { readMark } from "../../shared/read.ts";
import { readClock } from "../time.ts";
import { canonicaliseName } from "./algorithms.ts";
import { isKey, type SigningKey, type VerifyingKey } from "./key.ts";
import { type KeySet, type KeySource, SOURCE } from "./source.ts";

const RING: unique symbol = Symbol.for("hallpass.keyRing") as never;

/** Several keys in rotation: one signs, and all verify. Made by {@link keyRing}. */
export interface KeyRing {
  /** The key that signs; `null` in a ring of public keys, which only verifies. */
  readonly current: SigningKey | null;
  /** All the keys, the current one first. */
  readonly keys: readonly VerifyingKey[];
  /** @internal */
  readonly [RING]: true;
  /** @internal */
  readonly [SOURCE]: KeySource;
}

/**
 * Binds keys for rotation: the first signs, and all verify. A token's `kid` picks one of the keys for its algorithm. A
 * token without `kid` is tried with each of them. Keys for different algorithms may have the same `kid` (RFC 7517
 * §4.5).
 *
 * To rotate, put the new key first, and keep the old one until its last token has expired; {@link retireKey} gives it a
 * date for that. To publish a key before it signs, put it after the current one.
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
  return createRing(current.canSign ? (current as SigningKey) : null, keys);
}

/** Creates a ring of keys that may share a `kid`, as in a set that others publish. */
export function createRing(current: SigningKey | null, keys: readonly VerifyingKey[]): KeyRing {
  const set = { current, keys: Object.freeze([...keys]) };
  const ring = { ...set, [RING]: true as const };
  Object.defineProperty(ring, SOURCE, { value: createSource(ring) });
  return Object.freeze(ring) as KeyRing;
}

/** Creates the source of a ring. Where keys retire, it has one set for each period between their dates. */
function createSource(ring: KeySet): KeySource {
  const { current, keys } = ring;
  const dates = [...new Set(keys.flatMap(({ retiresAt }) => retiresAt ?? []))].sort((one, other) => one - other);
  const isStillValid = (key: VerifyingKey, date: number): boolean => key.retiresAt === null || key.retiresAt > date;
  const sets = dates.map((date): KeySet => ({ current, keys: keys.filter((key) => isStillValid(key, date)) }));
  if (sets.length === 0) return { read: () => ring, remote: null };
  const read: KeySource["read"] = (now, time = readClock(now)) => {
    const passed = dates.findLastIndex((date) => date <= time);
    return sets[passed] ?? ring;
  };
  return { read, remote: null };
}

const NO_RING =
  "keys must be made by secretKey, importKey (await it), keyRing or importJwks (await it), and not be those that change";

/** Turns a single key into a ring. A ring stays as it is. */
export function toRing(keys: unknown): KeyRing {
  if (isKey(keys)) return keyRing(keys);
  refusePromise("keys", keys);
  assert(readMark(keys, RING) === true, NO_RING);
  return keys as KeyRing;
}

const NO_KEYS = "keys must be made by secretKey, keyRing, rotatingKeys, remoteKeys, importKey or importJwks (await it)";

/** Gives the source of the `keys` that a profile was given, and refuses any other value. */
export function toSource(keys: unknown): KeySource {
  refusePromise("keys", keys);
  const source = isKey(keys) ? keyRing(keys)[SOURCE] : readMark(keys, SOURCE);
  assert(source !== undefined, NO_KEYS);
  return source as KeySource;
}

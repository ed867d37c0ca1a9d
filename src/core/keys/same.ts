import { KEY, makeKey, type VerifyingKey } from "./key.ts";

/**
 * Gives keys that were loaded again the verifiers that they had before. So what was learnt with such a key stays, and
 * {@link includesKey} finds it. Its `sign` is the later one: an external key may have to be reached by other means now.
 */
export function keepVerifiers(keys: readonly VerifyingKey[], before: readonly VerifyingKey[]): readonly VerifyingKey[] {
  return keys.map((key) => {
    const known = before.find((it) => isSameKey(it, key));
    if (known === undefined) return key;
    const { verify, verifyInPool } = known[KEY];
    const operations = { ...key[KEY], verify, ...(verifyInPool !== undefined && { verifyInPool }) };
    return makeKey(key.algorithm, key.kid, operations, key.retiresAt);
  });
}

/** Tells whether a key, or one that shares its verifiers (see {@link keepVerifiers}), is among others. */
export function includesKey(keys: readonly VerifyingKey[], { [KEY]: { verify } }: VerifyingKey): boolean {
  return keys.some((key) => key[KEY].verify === verify);
}

/** Whether two keys verify the same tokens. */
export function isSameKey(one: VerifyingKey, other: VerifyingKey): boolean {
  return one.kid === other.kid && one[KEY].kidGiven === other[KEY].kidGiven && identifyKey(one) === identifyKey(other);
}

/** Identifies a key by its public half or secret, together with its algorithm. */
function identifyKey({ [KEY]: { publicJwk, fingerprint } }: VerifyingKey): string | undefined {
  return publicJwk === null ? fingerprint?.() : JSON.stringify(publicJwk);
}

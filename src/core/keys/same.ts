import { KEY, makeKey, type VerifyingKey } from "./key.ts";

/**
 * Gives keys that were made anew the verifiers of those that are the same as before. So what was learnt by such a key
 * stays, and nobody takes it for another. It signs as it does now: a key that is kept elsewhere may be reached by new
 * means.
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

/** Whether a key is among others, or one is that verifies as it does, as after {@link keepVerifiers}. */
export function includesKey(keys: readonly VerifyingKey[], { [KEY]: { verify } }: VerifyingKey): boolean {
  return keys.some((key) => key[KEY].verify === verify);
}

/** Whether two keys verify the same tokens. */
export function isSameKey(one: VerifyingKey, other: VerifyingKey): boolean {
  return one.kid === other.kid && one[KEY].kidGiven === other[KEY].kidGiven && tellKey(one) === tellKey(other);
}

/** Tells a key from others by its public half or secret, together with its algorithm. */
function tellKey({ [KEY]: { publicJwk, fingerprint } }: VerifyingKey): string | undefined {
  return publicJwk === null ? fingerprint?.() : JSON.stringify(publicJwk);
}

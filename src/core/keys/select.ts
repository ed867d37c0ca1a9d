import { canonicaliseName } from "./algorithms.ts";
import { KEY, type VerifyingKey } from "./key.ts";

/**
 * The keys that a token's header may have been signed with: those of its algorithm, and of them the one it names.
 *
 * A `kid` that nobody gave but the key itself is no reason to refuse a token whose issuer calls that key otherwise.
 */
export function selectKeys(
  keys: readonly VerifyingKey[],
  alg: string,
  kid: string | undefined,
): readonly VerifyingKey[] {
  const fitting = keys.filter(({ algorithm }) => canonicaliseName(algorithm) === canonicaliseName(alg));
  if (kid === undefined) return fitting;
  const named = fitting.filter((key) => key.kid === kid);
  return named.length > 0 ? named : fitting.filter((key) => !key[KEY].kidGiven);
}

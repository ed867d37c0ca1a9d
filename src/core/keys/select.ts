import { canonicaliseName } from "./algorithms.ts";
import { KEY, type VerifyingKey } from "./key.ts";

/**
 * Selects the keys that may have signed a token: those for its algorithm, and of these the ones that have its `kid`.
 *
 * If none has it, the keys whose `kid` is only their thumbprint are selected: the issuer may have another name for
 * them.
 */
export function selectKeys(
  keys: readonly VerifyingKey[],
  alg: unknown,
  kid: string | undefined,
): readonly VerifyingKey[] {
  const name = canonicaliseName(alg);
  const fitting = keys.filter(({ algorithm }) => canonicaliseName(algorithm) === name);
  if (kid === undefined) return fitting;
  const named = fitting.filter((key) => key.kid === kid);
  return named.length > 0 ? named : fitting.filter((key) => !key[KEY].kidGiven);
}

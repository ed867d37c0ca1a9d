import { findUse, type UseProof } from "../guard/proof-verifier.ts";
import { assert } from "../shared/assert.ts";
import { readMark } from "../shared/read.ts";
import { isThumbprint } from "../shared/thumbprint.ts";
import type { Budget } from "../store-calls/budget.ts";

/** The key that tokens are to be bound to. */
export interface Binding {
  /** The thumbprint of the key. */
  readonly boundTo: string;
  /** Uses the proof that was made by it. Where a thumbprint alone was given, there is none. */
  readonly useProof?: UseProof | undefined;
}

/**
 * Reads the key that tokens are to be bound to: a proof by it, or its thumbprint.
 *
 * @throws TypeError where it is neither
 */
export function readBinding(owner: string, given: unknown): Binding {
  if (isThumbprint(given)) return { boundTo: given };
  const [useProof, boundTo] = [findUse(given), readMark(given, "jkt")];
  assert(
    useProof !== undefined && isThumbprint(boundTo),
    `${owner}: boundTo must be the jkt of a verified proof, 43 characters of base64url, or what proofs.check gave, as it is`,
  );
  return { boundTo, useProof };
}

/**
 * Uses the proof that tokens are to be bound by, where there is one. It comes behind the check of the credentials: so
 * nobody has a proof stored but whoever may have tokens.
 *
 * @throws AuthError `invalid_dpop_proof` (401) where it was used before; `unavailable` (503) in an outage
 */
export async function useBinding({ useProof }: Pick<Partial<Binding>, "useProof">, budget: Budget): Promise<void> {
  if (useProof !== undefined) await budget.wait("proofs.remember", useProof());
}

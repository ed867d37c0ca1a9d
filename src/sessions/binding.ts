import { AuthError } from "../core/errors.ts";
import { findUse, type UseProof } from "../guard/proof-verifier.ts";
import { assert } from "../shared/assert.ts";
import { readMark } from "../shared/read.ts";
import { isThumbprint } from "../shared/thumbprint.ts";
import type { Budget } from "../store-calls/budget.ts";
import type { FlowSettings } from "./settings.ts";

/** The key that tokens are to be bound to. */
export interface Binding {
  /** The thumbprint of the key. */
  readonly boundTo: string;
  /** A function that records the proof as used. It is missing where the caller gave only a thumbprint. */
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
 * Refuses to issue unbound tokens where every credential demands bound ones. It runs before everything else, so that a
 * client which has to repeat its request with a proof has lost nothing yet.
 *
 * @param boundTo - the thumbprint of the key; `null` where there is none
 * @throws AuthError `invalid_dpop_proof` (401)
 */
export function demandBinding(
  { bindsAll, realm }: Pick<FlowSettings, "bindsAll" | "realm">,
  boundTo: string | null,
): void {
  if (!bindsAll || boundTo !== null) return;
  const cause = new Error("a token is taken with a proof alone, and boundTo names no key: give what proofs.check gave");
  throw new AuthError("invalid_dpop_proof", { realm, scheme: "DPoP", cause });
}

/**
 * Records as used the proof of the key that tokens are to be bound to, if there is one. It runs after the check of the
 * credentials, so that only somebody who may have tokens can fill the store.
 *
 * @throws AuthError `invalid_dpop_proof` (401) where it was used before; `unavailable` (503) in an outage
 */
export async function useBinding({ useProof }: Pick<Partial<Binding>, "useProof">, budget: Budget): Promise<void> {
  if (useProof !== undefined) await budget.wait("proofs.remember", useProof());
}

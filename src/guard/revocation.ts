import { AuthError } from "../core/errors.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStore } from "../store-calls/call.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import type { Blocklist, TokenReference } from "../stores/contract.ts";

/**
 * Refuses what a blocklist has.
 *
 * @param observe - is told how the call went
 * @throws AuthError `revoked` (401), or `unavailable` (503)
 */
export async function refuseRevoked(
  blocklist: Blocklist,
  timeoutMs: number,
  reference: TokenReference,
  observe: CallObserver,
): Promise<void> {
  const call = () => blocklist.isRevoked(reference);
  if (await callStore("blocklist.isRevoked", timeoutMs, call, checkBoolean, observe)) throw new AuthError("revoked");
}

import { AuthError } from "../core/errors.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStore } from "../store-calls/call.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import type { Blocklist, TokenReference } from "../stores/contract.ts";

/** What is asked about revocations, and what is told how that went. */
export interface RevocationSettings {
  readonly blocklist: Blocklist | null;
  readonly observe: CallObserver;
}

/**
 * Refuses what a blocklist has.
 *
 * @throws AuthError `revoked` (401), or `unavailable` (503)
 */
export async function refuseRevoked(
  { blocklist, observe }: RevocationSettings,
  timeoutMs: number,
  reference: TokenReference,
): Promise<void> {
  if (blocklist === null) return;
  const call = () => blocklist.isRevoked(reference);
  if (await callStore("blocklist.isRevoked", timeoutMs, call, checkBoolean, observe)) throw new AuthError("revoked");
}

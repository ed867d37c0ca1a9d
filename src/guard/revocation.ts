import { AuthError } from "../core/errors.ts";
import { isThenable } from "../shared/promise.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStoreAtOnce } from "../store-calls/call.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import type { Blocklist, TokenReference } from "../stores/contract.ts";

/**
 * Refuses what the blocklist says is revoked. It returns a promise only if the blocklist does.
 *
 * @param observe - counts how the call went
 * @throws AuthError `revoked` (401), or `unavailable` (503)
 */
export function refuseRevoked(
  blocklist: Blocklist,
  timeoutMs: number,
  reference: TokenReference,
  observe: CallObserver,
): void | Promise<void> {
  const call = () => blocklist.isRevoked(reference);
  const answer = callStoreAtOnce("blocklist.isRevoked", timeoutMs, call, checkBoolean, observe);
  return isThenable(answer) ? (answer as Promise<boolean>).then(refuseIf) : refuseIf(answer);
}

function refuseIf(isRevoked: boolean): void {
  if (isRevoked) throw new AuthError("revoked");
}

import { DEFAULT_MAX_PROOFS } from "../../shared/limits.ts";
import { checkInteger, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { ProofStore } from "../contract.ts";
import { createHorizon } from "../shared/horizon.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** The options of {@link memoryProofs}. */
export interface MemoryProofsOptions {
  /**
   * How many proofs are remembered at the most. 500000 by default, of about 150 bytes each. When as many proofs are
   * stored that have not expired, further ones are refused with 503.
   */
  readonly maxProofs?: number;
}

const OPTIONS: OptionNames<MemoryProofsOptions> = { maxProofs: "optional" };

/** How often a full store sweeps, two entries at a time, before it refuses a proof. */
const MAX_SWEEPS = 500;

/**
 * Used DPoP proofs in this process's memory, for a single process and for tests. No other process knows of them:
 * several processes need a shared store.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const credential = dpop(accessToken, { origin: "https://api.example.com", proofs: memoryProofs() });
 * ```
 */
export function memoryProofs(options: MemoryProofsOptions = {}): ProofStore {
  checkOptions("memoryProofs", options, OPTIONS);
  const { maxProofs = DEFAULT_MAX_PROOFS } = options;
  checkInteger("memoryProofs: maxProofs", maxProofs, 1, 10_000_000);
  const computeHorizon = createHorizon(0);
  let horizon = Number.NEGATIVE_INFINITY;
  const ends = new ExpiringMap<number>(
    (end) => end,
    () => horizon,
  );
  return {
    async remember(id, expiresAt, at) {
      horizon = computeHorizon(at.getTime());
      if (ends.get(id) !== undefined) return false;
      for (let count = 0; ends.size >= maxProofs && count < MAX_SWEEPS; count += 1) ends.sweep();
      if (ends.size >= maxProofs)
        throw new Error("as many proofs are remembered as maxProofs allows: give a higher one");
      ends.set(id, expiresAt.getTime());
      return true;
    },
  };
}

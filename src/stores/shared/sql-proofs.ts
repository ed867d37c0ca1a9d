import type { ProofStore } from "../contract.ts";

/** A store of used DPoP proofs in a table. */
export interface SqlProofStore extends ProofStore {
  /**
   * Deletes the proofs that expired at or before an instant. Run it now and then.
   *
   * @returns the number of deleted proofs
   */
  deleteExpired(at: Date): Promise<number>;
}

import type { ApiKeyStore } from "../contract.ts";

/** A store of API keys in a table. */
export interface SqlApiKeyStore extends ApiKeyStore {
  /**
   * Deletes the keys that expired at or before an instant. Run it now and then.
   *
   * @returns the number of deleted keys
   */
  deleteExpired(at: Date): Promise<number>;
}

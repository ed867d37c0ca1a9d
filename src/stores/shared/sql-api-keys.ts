import type { ApiKeyStore } from "../contract.ts";

/** A store of API keys in a table. */
export interface SqlApiKeyStore extends ApiKeyStore {
  /**
   * Deletes the keys that expired at or before an instant. Run it now and then.
   *
   * @param at - by default a minute ago. If this process's clock leaps ahead, it does not count until it has stayed
   *   ahead for a day. On Postgres the server's clock counts where it is behind this process's clock.
   * @returns the number of deleted keys
   */
  deleteExpired(at?: Date): Promise<number>;
}

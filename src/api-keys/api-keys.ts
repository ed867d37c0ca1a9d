import type { ApiKey } from "../stores/contract.ts";
import type { CreatedApiKey, NewApiKey, RotateOptions } from "./new-key.ts";

/** Creates, verifies and ends the API keys of users. Every refusal is an `AuthError`. */
export interface ApiKeys {
  /** What every key begins with. */
  readonly prefix: string;
  /**
   * Creates a key. If it throws, a key that nobody knows may be stored: `list` shows it, and `revoke` ends it.
   *
   * @returns the key, which is shown this once; `null` where the user has as many as `maxKeys` says
   * @throws AuthError `unavailable` (503) when it may not have been stored
   * @throws TypeError when a field is missing, unknown or of the wrong type
   *
   * @example
   * ```ts
   * const created = await keys.create({ userId: identity.userId, scopes: ["orders:read"], label: "deploys" });
   * if (created !== null) response.json({ key: created.key });
   * ```
   */
  create(input: NewApiKey): Promise<CreatedApiKey | null>;
  /**
   * Gives what is stored of a key that a client sent, which may be anything. A key that is misspelt or cut short is
   * refused without a call of the store, by its checksum. When it was last used is written at most once a minute, and
   * nobody waits for that.
   *
   * @throws AuthError `invalid_token` or `expired` (401), or `unavailable` (503) in an outage
   *
   * @example
   * ```ts
   * const { userId, scopes } = await keys.verify(request.headers["x-api-key"]);
   * ```
   */
  verify(key: unknown): Promise<ApiKey>;
  /**
   * Lists a user's keys, the last created first, and never the keys themselves. Some may have expired.
   *
   * @throws AuthError `unavailable` (503) in an outage
   */
  list(userId: string): Promise<readonly ApiKey[]>;
  /**
   * Revokes a key of a user. This process refuses it at once. Others do so once they remember it no more, or at once
   * where their guards ask the `blocklist` that was given.
   *
   * @returns whether the user had such a key
   * @throws AuthError `unavailable` (503) when it may not have been stored; send it again
   */
  revoke(userId: string, id: string): Promise<boolean>;
  /**
   * Revokes all keys of a user, such as of one who is disabled or deleted.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored; send it again
   */
  revokeAll(userId: string): Promise<void>;
  /**
   * Creates a key with the scopes and label of another, which lives on for the overlap. Of any number of calls at once,
   * exactly one gets a key. If it throws, the key may have been rotated to one that nobody knows: `list` shows it, by
   * the old one's `replacedBy`. Revoke that one and create another before the overlap is over.
   *
   * @returns the key, which is shown this once; `null` where the user has no such key, it has expired or was rotated
   * already, or as many rotated ones still live as `maxKeys` says
   * @throws AuthError `unavailable` (503) when it may not have been stored
   * @throws TypeError when an option is unknown or of the wrong type
   *
   * @example
   * ```ts
   * const rotated = await keys.rotate(identity.userId, id, { overlap: "7d" });
   * ```
   */
  rotate(userId: string, id: string, options?: RotateOptions): Promise<CreatedApiKey | null>;
}

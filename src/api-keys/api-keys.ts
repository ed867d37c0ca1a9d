import type { ApiKey } from "../stores/contract.ts";
import type { CreatedApiKey, NewApiKey, RotateOptions } from "./new-key.ts";

/** Creates, verifies and revokes the API keys of users. Every refusal is an `AuthError`. */
export interface ApiKeys {
  /** What every key begins with. */
  readonly prefix: string;
  /**
   * Creates a key. If it throws, a key that nobody has may be stored: `list` shows it, and `revoke` revokes it.
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
   * Verifies a key that a client sent, which may be anything, and gives its record. A key that is misspelt or cut short
   * is refused by its checksum, without a call of the store. The time of its last use is written at most once a minute,
   * and no request waits for that.
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
   * Revokes a key of a user. This process refuses it at once. Other processes refuse it once their caches have dropped
   * it, or at once if their guards ask the `blocklist` that was given.
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
   * Rotates a key: creates another with the same scopes and label, while the old one lives on for the overlap. Of any
   * number of concurrent calls, exactly one gets a key. If it throws, the key may have been rotated to one that nobody
   * has: `list` shows that in the old key's `replacedBy`. Then revoke the new key and create another before the overlap
   * is over.
   *
   * `overlap: 0` is for a key that leaked. The old key is put into the blocklist before the other one is stored. So a
   * 503 in between may leave the user without a key that works. Call `rotate` again at once, which completes the
   * rotation: the blocklist is asked to keep the old key for a minute and a quarter by default, and may forget it then.
   *
   * @returns the key, which is shown this once; `null` if the user has no such key, if it has expired or was rotated
   * already, or if `maxKeys` rotated keys of the user still live
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

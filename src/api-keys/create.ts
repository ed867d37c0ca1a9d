import { bindOperation } from "../store-calls/operation.ts";
import type { ApiKey } from "../stores/contract.ts";
import type { ApiKeys } from "./api-keys.ts";
import { createKey } from "./create-key.ts";
import { listKeys } from "./list-keys.ts";
import { type ApiKeySettings, type ApiKeysOptions, checkApiKeysOptions } from "./options.ts";
import { revokeKey, revokeKeys } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { recallKey, verifyKey } from "./verify.ts";

/**
 * The settings of what {@link createApiKeys} made. Another copy of the package does not find them: it asks `verify`,
 * which gives the same answer later.
 */
const settingsByKeys = new WeakMap<object, ApiKeySettings>();

/**
 * Verifies a key that `keys` has cached, without waiting for anything. `undefined` for any other key, and where `keys`
 * was not made here, such as by a test that replaced `verify`.
 */
export function recallUserKey(keys: object, sent: unknown): ApiKey | undefined {
  const settings = settingsByKeys.get(keys);
  return settings === undefined ? undefined : recallKey(settings, sent);
}

/**
 * Creates the {@link ApiKeys} of a store: keys for scripts and other services, which can't log in. A key is `prefix_`,
 * 30 random characters and a checksum of 6, so that secret scanners can find a leaked key.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const keys = createApiKeys({ store: postgresApiKeys({ client: pool }), prefix: "acme_live" });
 * const created = await keys.create({ userId: "user-1", scopes: ["orders:read"] });
 * ```
 */
export function createApiKeys(options: ApiKeysOptions): ApiKeys {
  const settings = checkApiKeysOptions(options);
  const keys: ApiKeys = Object.freeze({
    prefix: settings.prefix,
    create: bindOperation("createKey", settings, createKey),
    verify: bindOperation("verifyKey", settings, verifyKey),
    list: bindOperation("listKeys", settings, listKeys),
    revoke: bindOperation("revokeKey", settings, revokeKey),
    revokeAll: bindOperation("revokeKeys", settings, revokeKeys),
    rotate: bindOperation("rotateKey", settings, rotateKey),
  });
  settingsByKeys.set(keys, settings);
  return keys;
}

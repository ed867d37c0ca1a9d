import { bindOperation } from "../store-calls/operation.ts";
import type { ApiKeys } from "./api-keys.ts";
import { createKey } from "./create-key.ts";
import { listKeys } from "./list-keys.ts";
import { type ApiKeysOptions, checkApiKeysOptions } from "./options.ts";
import { revokeKey, revokeKeys } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { verifyKey } from "./verify.ts";

/**
 * Binds a store to API keys: for scripts and other services, which can't log in. A key is
 * `prefix_`, 30 random characters and 6 of a checksum, so that secret scanners find it where it leaked.
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
  return Object.freeze({
    prefix: settings.prefix,
    create: bindOperation("createKey", settings, createKey),
    verify: bindOperation("verifyKey", settings, verifyKey),
    list: bindOperation("listKeys", settings, listKeys),
    revoke: bindOperation("revokeKey", settings, revokeKey),
    revokeAll: bindOperation("revokeKeys", settings, revokeKeys),
    rotate: bindOperation("rotateKey", settings, rotateKey),
  });
}

import { isAuthError } from "../core/errors.ts";
import { explainRefusal, readBearerToken } from "../guard/bearer-header.ts";
import type { Credential, ShownIdentity } from "../guard/credential.ts";
import { assert } from "../shared/assert.ts";
import { checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { LIMITER } from "../store-calls/limiter.ts";
import type { ApiKey } from "../stores/contract.ts";
import type { ApiKeys } from "./api-keys.ts";
import { recallUserKey } from "./create.ts";
import { countRefusal, type KeyLimiter } from "./throttle.ts";

/** The options of the credential of API keys. */
export interface ApiKeyCredentialOptions {
  /**
   * The header that the key is in, in lower case, such as `"x-api-key"`. `"authorization"` by default: as a Bearer
   * token, which every client can send. Beside `bearer(token)`, the prefix tells keys from tokens.
   */
  readonly header?: string;
  /**
   * Counts the refused keys by the address that they come from. None by default. Where there are too many, the answer
   * is 429. Valid keys are never counted. The address is the request's `ip`; a request without one is not counted, and
   * the process is warned of it once.
   */
  readonly throttle?: KeyLimiter;
}

const OPTIONS: OptionNames<ApiKeyCredentialOptions> = { header: "optional", throttle: "optional" };
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const AUTHORIZATION = "authorization";

/** The latest date there is. A key is "issued" then, so that no log-out everywhere revokes it. */
const AFTER_ALL = new Date(8_640_000_000_000_000);

/**
 * Makes the credential of API keys. `identity.claims` is the key's record, which never has the key itself.
 *
 * The guard's blocklist is asked about the key's id, so that a key which was revoked with that blocklist is refused at
 * once by every process. A log-out everywhere leaves the user's keys alone: `revokeAll` revokes those.
 *
 * @param keys - made by {@link createApiKeys}
 * @throws TypeError when an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * const keys = createApiKeys({ store, prefix: "acme_live", blocklist });
 * const guard = createGuard({ credentials: [bearer(accessToken), apiKeys(keys)], blocklist });
 * ```
 */
export function apiKeys(
  keys: Pick<ApiKeys, "verify" | "prefix">,
  options: ApiKeyCredentialOptions = {},
): Credential<ApiKey> {
  checkMethods("apiKeys: the first argument", keys, ["verify"], "createApiKeys({ store, prefix })");
  checkOptions("apiKeys", options, OPTIONS);
  const { header = AUTHORIZATION, throttle } = options;
  assert(
    typeof header === "string" && NAME.test(header),
    'apiKeys: header must be the name of a header in lower case, such as "x-api-key"',
  );
  if (throttle !== undefined) checkMethods("apiKeys: throttle", throttle, ["consume"], LIMITER);
  const start = `${keys.prefix}_`;
  return Object.freeze({
    name: "api-key",
    place: header,
    read(request) {
      if (header !== AUTHORIZATION) return request.header(header);
      const shown = readBearerToken(request.authorization());
      return shown?.startsWith(start) ? shown : null;
    },
    verify(shown, request) {
      const refuse = async (error: unknown): Promise<never> => {
        const isRefused = isAuthError(error) && error.status === 401;
        if (isRefused && throttle !== undefined) await countRefusal(throttle, request.ip);
        throw isRefused && header === AUTHORIZATION ? explainRefusal(request.authorization(), error) : error;
      };
      try {
        const known = recallUserKey(keys, shown);
        return known === undefined ? keys.verify(shown).then(toShownIdentity, refuse) : toShownIdentity(known);
      } catch (error) {
        return refuse(error);
      }
    },
  } satisfies Credential<ApiKey>);
}

function toShownIdentity(key: ApiKey): ShownIdentity<ApiKey> {
  const { userId, scopes, id } = key;
  return { userId, scopes, claims: key, issuedAt: null, revocation: { jti: id, issuedAt: AFTER_ALL } };
}

import { type Duration, toSeconds } from "../core/time.ts";
import { createEmit, type Emit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { emitOutages } from "../events/outages.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_MAX_KEYS, DEFAULT_REQUEST_TIMEOUT_MS, DEFAULT_STORE_TIMEOUT_MS } from "../shared/limits.ts";
import { checkFunction, checkInteger, checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import type { TimeLimits } from "../store-calls/budget.ts";
import { type OutageListener, warnOfFirstOutage } from "../store-calls/outage.ts";
import type { ApiKeyStore, Blocklist } from "../stores/contract.ts";
import { RememberedKeys } from "./remembered.ts";
import { createUseRecorder, type UseRecorder } from "./uses.ts";

/** The options of API keys. */
export interface ApiKeysOptions {
  /** The store of the keys, which holds digests of them. */
  readonly store: ApiKeyStore;
  /**
   * The beginning of every key, such as `"acme_live"`: at most 32 letters and digits, with single `_` between them. It
   * shows people and secret scanners whose key it is. A key with another prefix is refused without a call of the store.
   */
  readonly prefix: string;
  /**
   * How long a key that was found is cached. `"10s"` by default. For that time it may still be accepted after another
   * process revoked it, or after its user was disabled. A revocation in this process takes effect at once. With 0,
   * nothing is cached.
   */
  readonly staleness?: Duration;
  /**
   * The guard's blocklist. A revocation is stored there too, so that every guard which asks it refuses the key at once.
   * `verify` does not ask it. None by default.
   */
  readonly blocklist?: Blocklist;
  /**
   * Tells whether a user's keys are valid now. It is called when a key is looked up, and its answer is cached with the
   * key. It must answer exactly `true` or `false`; anything else is an outage. By default users are not looked up, and
   * a key is valid until it expires or is revoked: call `revokeAll` for a user who is disabled or deleted.
   *
   * @example
   * ```ts
   * createApiKeys({ store, prefix, isActive: async (userId) => (await users.findById(userId))?.disabled === false });
   * ```
   */
  readonly isActive?: (userId: string) => boolean | Promise<boolean>;
  /**
   * How many keys a user may have at once. 100 by default, and at most 10,000. Expired keys don't count. Rotated keys
   * that still live have a limit of their own, which is the same number.
   */
  readonly maxKeys?: number;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
  /** How long one call of a store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /** How long all calls that one operation makes may take, in milliseconds. 5000 by default. */
  readonly requestTimeoutMs?: number;
  /**
   * A listener that is told of each operation that is refused with 503, and of each use that could not be written. The
   * error's `cause` says what happened, for a log. The listener can't change the answer. By default the process is
   * warned of the first outage of each call.
   */
  readonly onOutage?: OutageListener;
  /** A listener that is told of what happens. It can't change the answer. None by default. */
  readonly onEvent?: AuthEventListener;
}

/** The options of API keys, checked and with their defaults. */
export interface ApiKeySettings extends TimeLimits {
  readonly store: ApiKeyStore;
  readonly prefix: string;
  /** In milliseconds. */
  readonly staleness: number;
  readonly blocklist: Blocklist | null;
  readonly isActive: ((userId: string) => boolean | Promise<boolean>) | null;
  readonly maxKeys: number;
  readonly now: () => number;
  readonly onOutage: OutageListener;
  /** Reports an event. */
  readonly emit: Emit;
  /** The keys that this process has verified. */
  readonly remembered: RememberedKeys;
  readonly recordUse: UseRecorder;
}

const OPTIONS: OptionNames<ApiKeysOptions> = {
  store: "required",
  prefix: "required",
  staleness: "optional",
  blocklist: "optional",
  isActive: "optional",
  maxKeys: "optional",
  now: "optional",
  storeTimeoutMs: "optional",
  requestTimeoutMs: "optional",
  onOutage: "optional",
  onEvent: "optional",
};

const METHODS = ["insert", "find", "list", "replace", "revoke", "revokeAll", "touch"] as const;

const PREFIX = /^(?=.{1,32}$)[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/;

/** Checks the options of API keys. */
export function checkApiKeysOptions(options: ApiKeysOptions): ApiKeySettings {
  checkOptions("createApiKeys", options, OPTIONS);
  const { store, prefix, staleness = "10s", blocklist = null, isActive = null, now = systemClock } = options;
  const { maxKeys = DEFAULT_MAX_KEYS, onOutage = warnOfFirstOutage(), onEvent } = options;
  const { storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = options;
  checkMethods("store", store, METHODS, "memoryApiKeys() of hallpass/stores/memory");
  assert(
    typeof prefix === "string" && PREFIX.test(prefix),
    'prefix must be of 1 to 32 letters and digits, with single _ between them, such as "acme_live"',
  );
  if (blocklist !== null)
    checkMethods("blocklist", blocklist, ["revokeToken", "isRevoked"], "memoryBlocklist() of hallpass/stores/memory");
  if (isActive !== null) checkFunction("isActive", isActive, "async (userId) => !(await isDisabled(userId))");
  checkFunction("now", now, "such as Date.now");
  checkFunction("onOutage", onOutage, "(error, { operation, call }) => logger.error({ err: error, operation, call })");
  if (onEvent !== undefined) checkFunction("onEvent", onEvent, "(event) => logger.info({ event })");
  const emit = createEmit(onEvent, now);
  const checked = {
    store,
    prefix,
    staleness: toSeconds("staleness", staleness, 0) * 1_000,
    blocklist,
    isActive,
    maxKeys: checkInteger("maxKeys", maxKeys, 1, 10_000),
    now,
    storeTimeoutMs: checkInteger("storeTimeoutMs", storeTimeoutMs, 1, 600_000),
    requestTimeoutMs: checkInteger("requestTimeoutMs", requestTimeoutMs, 1, 600_000),
    onOutage: emitOutages(onOutage, emit),
    emit,
  };
  return { ...checked, remembered: new RememberedKeys(checked.staleness), recordUse: createUseRecorder(checked) };
}

import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import type { LiveKeys } from "../core/keys/source.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { defineToken, type TokenProfile } from "../core/token/profile.ts";
import { createEmit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { emitOutages } from "../events/outages.ts";
import { checkUrl } from "../remote/url.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import {
  DEFAULT_STATUS_LIST_SIZE,
  DEFAULT_STORE_TIMEOUT_MS,
  MAX_STATUS_LIST_SIZE,
  MAX_TOKEN_BYTES,
} from "../shared/limits.ts";
import { checkFunction, checkInteger, checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { readMark } from "../shared/read.ts";
import { isText } from "../shared/text.ts";
import type { TimeLimits } from "../store-calls/budget.ts";
import { type OutageListener, warnOfFirstOutage } from "../store-calls/outage.ts";
import type { StatusListStore } from "../stores/contract.ts";
import type { StatusSeries } from "./places.ts";
import { checkPrevious } from "./series.ts";
import type { StatusList } from "./status-list.ts";

/** The options of {@link createStatusList}. */
export interface StatusListOptions {
  /**
   * The address under which the lists are published: for `"https://auth.example.com/statuslists"`, the first one is at
   * `https://auth.example.com/statuslists/1`. Tokens contain it for as long as they live. Where it changes, give the
   * lists at the earlier address as `previous`.
   */
  readonly uri: string | URL;
  /**
   * The keys that sign the lists. Give the private key of a pair: with a shared secret, whoever can verify a list can
   * also forge one, and others can't verify any.
   */
  readonly keys: VerifyingKey | KeyRing | LiveKeys;
  /** The store of the places that were given out, and of those that were revoked. */
  readonly store: StatusListStore;
  /**
   * How many places a list has, a multiple of 8. When they are all given out, the next list begins. 1048576 by default;
   * a smaller list gives its tokens less privacy. It can't change under one `uri`: give another one, and `previous`.
   */
  readonly size?: number;
  /**
   * The lists at other addresses, as `createStatusList` made them, such as those from before `uri` or `size` changed.
   * None by default. The sessions and tokens that have a place there keep it, and are revoked there. These lists have
   * to be published too, each by itself.
   */
  readonly previous?: readonly StatusList[];
  /**
   * How long others may use a list before they fetch it again. `"1m"` by default. With a cache in between, a revocation
   * is seen everywhere after twice that time.
   */
  readonly ttl?: Duration;
  /** How long a list stays valid while the next one can't be fetched: 10 seconds or more. `"1h"` by default. */
  readonly expiresIn?: Duration;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
  /** How long one call of the store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /**
   * A listener that is called for each call that is refused with 503, and for each that used the last list because the
   * store was down. The error's `cause` says what happened, for a log. By default the process is warned of the first
   * outage.
   */
  readonly onOutage?: OutageListener;
  /** A listener that is called with outages as events. It can't change the answer. None by default. */
  readonly onEvent?: AuthEventListener;
}

/** Options of status lists, checked and with their defaults. */
export interface StatusListSettings extends TimeLimits {
  readonly uri: string;
  readonly store: StatusListStore;
  readonly size: number;
  readonly previous: readonly StatusSeries[];
  /** In seconds. */
  readonly ttl: number;
  readonly profile: TokenProfile<undefined>;
  readonly storeTimeoutMs: number;
  readonly onOutage: OutageListener;
}

/** The name of the function, for messages. */
export const OWNER = "createStatusList";
const OPTIONS: OptionNames<StatusListOptions> = {
  uri: "required",
  keys: "required",
  store: "required",
  size: "optional",
  previous: "optional",
  ttl: "optional",
  expiresIn: "optional",
  now: "optional",
  storeTimeoutMs: "optional",
  onOutage: "optional",
  onEvent: "optional",
};

/** The type of a list's token (draft-ietf-oauth-status-list-21 §5.1). */
export const LIST_TYPE = "statuslist+jwt";

/**
 * In seconds. A list with a shorter lifetime could expire before it is read again, since lists are read at most once a
 * second.
 */
const MIN_EXPIRES_IN = 10;

/** An operation makes two calls of the store at the most. */
const CALLS = 2;

/** Checks the options of {@link createStatusList}. */
export function checkStatusListOptions(options: StatusListOptions): StatusListSettings {
  checkOptions(OWNER, options, OPTIONS);
  const { keys, store, size = DEFAULT_STATUS_LIST_SIZE, ttl = "1m", expiresIn = "1h", now = systemClock } = options;
  const { storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS, onOutage = warnOfFirstOutage(), onEvent } = options;
  checkMethods(
    `${OWNER}: store`,
    store,
    ["allocate", "mark", "read"],
    "memoryStatusListStore() of hallpass/stores/memory",
  );
  checkInteger(`${OWNER}: size`, size, 8, MAX_STATUS_LIST_SIZE);
  assert(size % 8 === 0, `${OWNER}: size must be a multiple of 8, such as ${DEFAULT_STATUS_LIST_SIZE}`);
  const seconds = toSeconds(`${OWNER}: ttl`, ttl, 1);
  const lifetime = toSeconds(`${OWNER}: expiresIn`, expiresIn, MIN_EXPIRES_IN);
  assert(seconds <= lifetime, `${OWNER}: ttl must not be longer than expiresIn`);
  checkFunction(`${OWNER}: now`, now, "such as Date.now");
  checkInteger(`${OWNER}: storeTimeoutMs`, storeTimeoutMs, 1, 600_000);
  checkFunction(`${OWNER}: onOutage`, onOutage, "(error, { operation }) => logger.error({ err: error, operation })");
  if (onEvent !== undefined) checkFunction(`${OWNER}: onEvent`, onEvent, "(event) => logger.info({ event })");
  const isVerifier = readMark(keys, "canSign") === false || readMark(keys, "current") === null;
  assert(!isVerifier, `${OWNER}: keys only verify; give the private key that signs the lists`);
  return {
    uri: checkListsUri(options.uri),
    store,
    size,
    previous: checkPrevious(OWNER, options.previous ?? []),
    ttl: seconds,
    profile: defineToken({
      keys,
      issuer: null,
      audience: null,
      typ: LIST_TYPE,
      expiresIn,
      maxBytes: MAX_TOKEN_BYTES,
      cacheSize: 0,
      now,
    }),
    storeTimeoutMs,
    requestTimeoutMs: CALLS * storeTimeoutMs,
    onOutage: emitOutages(onOutage, createEmit(onEvent, now)),
  };
}

/** Checks the URI of the lists. It is compared exactly, so it is written in one spelling. */
function checkListsUri(uri: unknown): string {
  const url = checkUrl(`${OWNER}: uri`, uri);
  assert(url.search === "", `${OWNER}: uri must be without a query: the number of a list is added to it`);
  const text = url.href.replace(/\/$/, "");
  assert(isText(text) && text.length <= 1_000, `${OWNER}: uri must have at most 1000 characters`);
  return text;
}

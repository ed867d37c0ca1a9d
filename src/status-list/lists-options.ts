import type { VerifyingKey } from "../core/keys/key.ts";
import type { KeyRing } from "../core/keys/ring.ts";
import type { LiveKeys } from "../core/keys/source.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { defineToken, type TokenProfile } from "../core/token/profile.ts";
import { createEmit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { emitOutages } from "../events/outages.ts";
import type { Fetch } from "../remote/document.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_FETCH_TIMEOUT_MS, MAX_TOKEN_BYTES } from "../shared/limits.ts";
import { checkFunction, checkInteger, checkOptions, type OptionNames } from "../shared/options.ts";
import { type OutageListener, warnOfFirstOutage } from "../store-calls/outage.ts";
import { checkAllowed, type FindUrl } from "./allowed.ts";
import { LIST_TYPE } from "./options.ts";

/** The options of {@link statusLists}. */
export interface StatusListsOptions {
  /**
   * The issuer's lists: an address that ends in `/` stands for all addresses below it, and any other for itself. Or a
   * function that answers `true` or `false` for the text of an address. A token that names another list is refused.
   */
  readonly lists: string | readonly string[] | ((uri: string) => boolean);
  /** The keys that verify the lists: those of the issuer. */
  readonly keys: VerifyingKey | KeyRing | LiveKeys;
  /** Whether a token without a status is refused. `true` by default. */
  readonly required?: boolean;
  /**
   * How long a list is used before it is fetched again, unless its own `ttl` is shorter. `"10m"` by default. A list is
   * never fetched twice within 30 seconds.
   */
  readonly maxAge?: Duration;
  /**
   * How long a list stays in use beyond that while it can't be fetched. `"1h"` by default, and never longer than its
   * own `exp` allows. After that, the status is unknown, and tokens are refused with 503.
   */
  readonly staleIfError?: Duration;
  /** How long a fetch may take, headers and body, in milliseconds. 2000 by default. */
  readonly timeoutMs?: number;
  /** How far the clocks of issuer and verifier may be apart. 0 by default. */
  readonly clockTolerance?: Duration;
  /** The function that fetches, such as through a proxy or with a client certificate. The global `fetch` by default. */
  readonly fetch?: Fetch;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
  /**
   * A listener that is called with each fetch that failed, even while the last list stays in use. The error's `cause`
   * says what happened, for a log. By default the process is warned of the first.
   */
  readonly onOutage?: OutageListener;
  /** A listener that is called with outages as events. It can't change the answer. None by default. */
  readonly onEvent?: AuthEventListener;
}

/** {@link StatusListsOptions}, checked and with their defaults. */
export interface StatusListsSettings {
  readonly findUrl: FindUrl;
  /** The profile of the lists' tokens. */
  readonly profile: TokenProfile<undefined>;
  readonly required: boolean;
  readonly maxAgeMs: number;
  readonly staleIfErrorMs: number;
  readonly timeoutMs: number;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly onOutage: OutageListener;
}

const OWNER = "statusLists";
const OPTIONS: OptionNames<StatusListsOptions> = {
  lists: "required",
  keys: "required",
  required: "optional",
  maxAge: "optional",
  staleIfError: "optional",
  timeoutMs: "optional",
  clockTolerance: "optional",
  fetch: "optional",
  now: "optional",
  onOutage: "optional",
  onEvent: "optional",
};

/** The global `fetch`, as it is when it is called: a test may replace it later. */
const callGlobalFetch: Fetch = (url, init) => fetch(url, init) as unknown as ReturnType<Fetch>;

/** Checks the options of {@link statusLists}. */
export function checkStatusListsOptions(options: StatusListsOptions): StatusListsSettings {
  checkOptions(OWNER, options, OPTIONS);
  const { keys, lists, required = true, maxAge = "10m", staleIfError = "1h", clockTolerance = 0 } = options;
  const { timeoutMs = DEFAULT_FETCH_TIMEOUT_MS, fetch = callGlobalFetch, now = systemClock } = options;
  const { onOutage = warnOfFirstOutage(), onEvent } = options;
  assert(typeof required === "boolean", `${OWNER}: required must be true or false`);
  checkInteger(`${OWNER}: timeoutMs`, timeoutMs, 1, 600_000);
  checkFunction(`${OWNER}: fetch`, fetch, "(url, init) => undici.fetch(url, { ...init, dispatcher })");
  checkFunction(`${OWNER}: now`, now, "such as Date.now");
  checkFunction(`${OWNER}: onOutage`, onOutage, "(error, { operation }) => logger.error({ err: error, operation })");
  if (onEvent !== undefined) checkFunction(`${OWNER}: onEvent`, onEvent, "(event) => logger.info({ event })");
  const profile = defineToken({
    keys,
    issuer: null,
    audience: null,
    typ: LIST_TYPE,
    clockTolerance,
    maxBytes: MAX_TOKEN_BYTES,
    cacheSize: 0,
    now,
  });
  return {
    findUrl: checkAllowed(OWNER, lists),
    profile,
    required,
    maxAgeMs: toSeconds(`${OWNER}: maxAge`, maxAge, 1) * 1_000,
    staleIfErrorMs: toSeconds(`${OWNER}: staleIfError`, staleIfError, 0) * 1_000,
    timeoutMs,
    fetch,
    now,
    onOutage: emitOutages(onOutage, createEmit(onEvent, now)),
  };
}

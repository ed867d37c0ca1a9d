import type { PairAlgorithm } from "../core/keys/algorithms.ts";
import { checkAlgorithms, type JwkSetOptions } from "../core/keys/jwks.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { checkClock } from "../core/token/profile-checks.ts";
import { createEmit, type Emit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_FETCH_TIMEOUT_MS } from "../shared/limits.ts";
import { isRecord } from "../shared/object.ts";
import { checkFunction, checkInteger, type OptionNames } from "../shared/options.ts";
import { readSafely } from "../shared/read.ts";
import type { Fetch } from "./document.ts";

/** The options of all keys that are loaded from elsewhere. */
export interface LoadOptions {
  /** How long the last keys stay in use when they can't be reloaded. `"1h"` by default. */
  readonly staleIfError?: Duration;
  /** How long loading may take, in milliseconds. 2000 by default. */
  readonly timeoutMs?: number;
  /** A listener that is called when keys are loaded, added or removed, or can't be loaded. None by default. */
  readonly onEvent?: AuthEventListener;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

/** The options of {@link remoteKeys}. */
export interface RemoteKeysOptions extends JwkSetOptions, LoadOptions {
  /**
   * How long until the set is fetched again, in the background. By default the `max-age` of `Cache-Control`. It is
   * limited to the range from a minute to an hour, and is 10 minutes where the source gives none.
   */
  readonly refreshAfter?: Duration;
  /** The function that fetches, such as through a proxy or with a client certificate. The global `fetch` by default. */
  readonly fetch?: Fetch;
  /** Further headers of the request, such as a key of the service. None by default. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names of {@link LoadOptions}. */
export const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  staleIfError: "optional",
  timeoutMs: "optional",
  onEvent: "optional",
  now: "optional",
};

/** {@link LoadOptions}, checked and with their defaults. */
export interface LoadSettings {
  readonly staleIfErrorMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly emit: Emit;
}

/** Checks the options of all keys that are loaded from elsewhere. */
export function checkLoadOptions(options: LoadOptions, staleIfError: Duration): LoadSettings {
  const {
    timeoutMs = DEFAULT_FETCH_TIMEOUT_MS,
    onEvent,
    now = systemClock,
    staleIfError: given = staleIfError,
  } = options;
  if (onEvent !== undefined) checkFunction("onEvent", onEvent, "(event) => logger.info({ event })");
  return {
    staleIfErrorMs: toSeconds("staleIfError", given, 0) * 1_000,
    timeoutMs: checkInteger("timeoutMs", timeoutMs, 1, 60_000),
    now: checkClock(now),
    emit: createEmit(onEvent, now),
  };
}

/** Options of {@link remoteKeys}, checked and with their defaults. */
export interface RemoteSettings extends LoadSettings {
  /** In milliseconds; `null` where the source decides. */
  readonly refreshAfterMs: number | null;
  readonly algorithms: readonly PairAlgorithm[] | null;
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The media type of a set (RFC 7517 §8.5.1), and that of metadata. The API server of Kubernetes answers 406 to a
 * request for JSON alone.
 */
const ACCEPT = "application/jwk-set+json, application/json";

/** Checks the options of {@link remoteKeys}. */
export function checkRemoteOptions(owner: string, options: RemoteKeysOptions): RemoteSettings {
  const { refreshAfter, algorithms, fetch = fetchGlobally, headers = {} } = options;
  checkFunction("fetch", fetch, "(url, init) => undici.fetch(url, { ...init, dispatcher })");
  const areTexts = readSafely(
    owner,
    () => isRecord(headers) && Object.values(headers).every((it) => typeof it === "string"),
  );
  assert(areTexts, `${owner}: headers must be a plain object with a string for each header`);
  return {
    ...checkLoadOptions(options, "1h"),
    refreshAfterMs: refreshAfter === undefined ? null : checkInterval("refreshAfter", refreshAfter),
    algorithms: checkAlgorithms(owner, algorithms),
    fetch,
    headers: { Accept: ACCEPT, ...headers },
  };
}

/** Looks up `fetch` at each call, so that a replacement which a test installs later is used. */
const fetchGlobally: Fetch = (url, init) => globalThis.fetch(url, init);

const MIN_SECONDS = 30;

/** Checks an interval between loads, and gives it in milliseconds. */
export function checkInterval(name: string, given: Duration): number {
  const seconds = toSeconds(name, given, 1);
  assert(seconds >= MIN_SECONDS, `${name} must be at least ${MIN_SECONDS} seconds`);
  return seconds * 1_000;
}

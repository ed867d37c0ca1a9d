import type { PairAlgorithm } from "../core/keys/algorithms.ts";
import { checkAlgorithms, type JwkSetOptions } from "../core/keys/jwks.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { checkClock } from "../core/token/profile-checks.ts";
import { createEmit, type Emit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_FETCH_TIMEOUT_MS } from "../shared/limits.ts";
import { isObject } from "../shared/object.ts";
import { checkFunction, checkInteger, type OptionNames } from "../shared/options.ts";
import { readSafely } from "../shared/read.ts";
import type { Fetch } from "./document.ts";

/** What all keys that are loaded from elsewhere may be given. */
export interface LoadOptions {
  /** How long they go on when they can't be loaded anew. `"1h"` by default. */
  readonly staleIfError?: Duration;
  /** How long loading may take, in milliseconds. 2000 by default. */
  readonly timeoutMs?: number;
  /** A listener that is told when keys are loaded, come, go or can't be had. None by default. */
  readonly onEvent?: AuthEventListener;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

/** The options of {@link remoteKeys}. */
export interface RemoteKeysOptions extends JwkSetOptions, LoadOptions {
  /**
   * After how long the set is fetched anew, in the background. By default what `Cache-Control: max-age` says. That
   * counts from a minute to an hour, and where it says nothing, it is 10 minutes.
   */
  readonly refreshAfter?: Duration;
  /** What fetches, as through a proxy or with a client certificate. The global `fetch` by default. */
  readonly fetch?: Fetch;
  /** Further headers of the request, such as a key of the service. None by default. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The options of what is loaded, by name. */
export const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  staleIfError: "optional",
  timeoutMs: "optional",
  onEvent: "optional",
  now: "optional",
};

/** Options of what is loaded, checked and with their defaults. */
export interface LoadSettings {
  readonly staleIfErrorMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly emit: Emit;
}

/** Checks what all keys that are loaded from elsewhere have in common. */
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
  /** In milliseconds; `null` where the source may say it. */
  readonly refreshAfterMs: number | null;
  readonly algorithms: readonly PairAlgorithm[] | null;
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
}

/** Checks the options of {@link remoteKeys}. */
export function checkRemoteOptions(owner: string, options: RemoteKeysOptions): RemoteSettings {
  const { refreshAfter, algorithms, fetch = fetchGlobally, headers = {} } = options;
  checkFunction("fetch", fetch, "(url, init) => undici.fetch(url, { ...init, dispatcher })");
  const areTexts = readSafely(
    owner,
    () => isObject(headers) && Object.values(headers).every((it) => typeof it === "string"),
  );
  assert(areTexts, `${owner}: headers must be an object with a string for each header`);
  return {
    ...checkLoadOptions(options, "1h"),
    refreshAfterMs: refreshAfter === undefined ? null : checkInterval("refreshAfter", refreshAfter),
    algorithms: checkAlgorithms(owner, algorithms),
    fetch,
    headers: { Accept: ACCEPT, ...headers },
  };
}

/**
 * The media type of a set (RFC 7517 §8.5.1), and that of metadata. The API server of Kubernetes answers 406 to whoever
 * asks for JSON alone.
 */
const ACCEPT = "application/jwk-set+json, application/json";

/** Looks `fetch` up at each call, so that what a test puts in its place later is used. */
const fetchGlobally: Fetch = (url, init) => globalThis.fetch(url, init);

const LEAST_SECONDS = 30;

/** Checks after how long something is loaded anew, which is in milliseconds then. */
export function checkInterval(name: string, given: Duration): number {
  const seconds = toSeconds(name, given, 1);
  assert(seconds >= LEAST_SECONDS, `${name} must be at least ${LEAST_SECONDS} seconds`);
  return seconds * 1_000;
}

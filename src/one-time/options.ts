import { type Duration, toSeconds } from "../core/time.ts";
import { createEmit, type Emit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { emitOutages } from "../events/outages.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_STORE_TIMEOUT_MS } from "../shared/limits.ts";
import { checkFunction, checkInteger, checkMethods, type OptionNames } from "../shared/options.ts";
import type { TimeLimits } from "../store-calls/budget.ts";
import { type OutageListener, warnOfFirstOutage } from "../store-calls/outage.ts";
import type { OneTimeStore } from "../stores/contract.ts";

/** The options that one-time tokens and one-time codes have in common. */
export interface OneTimeOptions {
  /** The store, which holds digests of them. */
  readonly store: OneTimeStore;
  /**
   * The purpose that they are for, such as `"password-reset"`: 1 to 64 letters, digits and `.`, `_`, `-`. What was
   * issued for one purpose is invalid for another.
   */
  readonly purpose: string;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
  /** How long one call of the store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /**
   * A listener that is told of each call that is refused with 503. The error's `cause` says what happened, for a log.
   * The listener can't change the answer. By default the process is warned of the first outage.
   */
  readonly onOutage?: OutageListener;
  /** A listener that is told of what happens. It can't change the answer. None by default. */
  readonly onEvent?: AuthEventListener;
}

/** The names of {@link OneTimeOptions}. */
export const ONE_TIME_OPTIONS: OptionNames<OneTimeOptions> = {
  store: "required",
  purpose: "required",
  now: "optional",
  storeTimeoutMs: "optional",
  onOutage: "optional",
  onEvent: "optional",
};

/** The options of one-time tokens or codes, checked and with their defaults. */
export interface OneTimeSettings extends TimeLimits {
  readonly store: OneTimeStore;
  /** The purpose as it is stored, after a prefix that says whether it is of a token or a code. */
  readonly purpose: string;
  /** In milliseconds. */
  readonly lifetime: number;
  readonly now: () => number;
  readonly onOutage: OutageListener;
  /** Reports an event. */
  readonly emit: Emit;
  /** The purpose as it was given. */
  readonly givenPurpose: string;
}

const PURPOSE = /^[\w.-]{1,64}$/;

/** The most calls of one operation. */
const CALLS = 2;

/**
 * Checks the options that one-time tokens and codes have in common. Their purposes are separate: a token is never valid
 * as a code of the same purpose.
 */
export function checkOneTimeOptions(
  owner: string,
  kind: "token" | "code",
  options: OneTimeOptions,
  lifetime: Duration,
  longest?: number,
): OneTimeSettings {
  const { store, purpose, now = systemClock, storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS } = options;
  const { onOutage = warnOfFirstOutage(), onEvent } = options;
  checkMethods(
    `${owner}: store`,
    store,
    ["put", "find", "take", "countTry"],
    "memoryOneTimeStore() of hallpass/stores/memory",
  );
  assert(
    typeof purpose === "string" && PURPOSE.test(purpose),
    `${owner}: purpose must be a name such as "password-reset", of 1 to 64 letters, digits and . _ -`,
  );
  checkFunction(`${owner}: now`, now, "such as Date.now");
  checkInteger(`${owner}: storeTimeoutMs`, storeTimeoutMs, 1, 600_000);
  checkFunction(
    `${owner}: onOutage`,
    onOutage,
    "(error, { operation, call }) => logger.error({ err: error, operation, call })",
  );
  if (onEvent !== undefined) checkFunction(`${owner}: onEvent`, onEvent, "(event) => logger.info({ event })");
  const emit = createEmit(onEvent, now);
  return {
    store,
    purpose: `${kind}:${purpose}`,
    givenPurpose: purpose,
    emit,
    lifetime: toSeconds(`${owner}: lifetime`, lifetime, 1, longest) * 1_000,
    now,
    storeTimeoutMs,
    requestTimeoutMs: CALLS * storeTimeoutMs,
    onOutage: emitOutages(onOutage, emit),
  };
}

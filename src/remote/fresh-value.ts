import { randomInt } from "node:crypto";
import type { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { readStopwatch } from "../shared/clock.ts";
import { MAX_FETCH_INTERVAL_MS, MIN_FETCH_INTERVAL_MS } from "../shared/limits.ts";
import { abandon } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { createOutage } from "../store-calls/call.ts";
import { isOutage } from "../store-calls/outage.ts";

/** A loaded value, and how long it is fresh. */
export interface Loaded<Value> {
  readonly value: Value;
  /** In milliseconds. After that time, it is renewed in the background. */
  readonly freshForMs: number;
  /** How long this value stays in use when it can't be reloaded. That of the settings by default. */
  readonly staleIfErrorMs?: number;
}

/** A load throws this when the last value no longer holds, and there is no other. */
export class Withdrawn extends Error {
  readonly isWithdrawal = true;
}

/**
 * A load throws this when it had no capacity to ask the source. The source has not failed, and may be asked again at
 * once.
 */
export class Busy extends Error {
  readonly isBusy = true;
}

interface Pauses {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How a value is kept fresh. */
export interface FreshSettings<Value> {
  /** The name of the call, for outages: `"keys.fetch"`. */
  readonly name: string;
  /** Loads the value within a time limit of its own. One load runs at a time. */
  readonly load: () => Promise<Loaded<Value>>;
  /** How long a value stays in use when it is no longer fresh and can't be loaded, in milliseconds. */
  readonly staleIfErrorMs: number;
  readonly now: () => number;
  /** How long to wait between two loads: at least, and at most while they fail. By default 30 s and 5 min. */
  readonly pauses?: Pauses;
  /** Is called with the error of each failed load, and the time of the next try. */
  readonly onFailed?: (error: unknown, nextTryAt: number) => void;
  /** Is called when a value stays in use beyond its time, once until the next successful load. */
  readonly onStale?: (ageMs: number) => void;
}

/** The state of a value that is loaded from elsewhere. */
export interface FreshStats {
  /** How long ago the value was loaded, in milliseconds; `null` where there is none. */
  readonly ageMs: number | null;
  /** How many loads were started, including those that failed. */
  readonly loads: number;
  /** How many loads have failed since the last successful one. */
  readonly failures: number;
  /** When it may be loaded next, in milliseconds since 1970; `null` before the first load. */
  readonly nextTryAt: number | null;
}

interface LoadedValue<Value> {
  readonly value: Value;
  /** When its load began. */
  readonly loadedAt: number;
  /** From this instant on it is renewed in the background. */
  readonly renewAt: number;
  /** From this instant on it stays in use only while loading fails. */
  readonly endsAt: number;
  readonly staleUntil: number;
}

/** A renewal is delayed at random, by up to this part of the freshness, so that processes don't all load at once. */
const JITTER = 0.1;

/** A value that was not renewed ends after this many times its freshness: from then on, callers wait for a load. */
export const ENDS_AT = 1.5;

const PAUSES: Pauses = { minMs: MIN_FETCH_INTERVAL_MS, maxMs: MAX_FETCH_INTERVAL_MS };

/**
 * Loads a value from elsewhere, and keeps it fresh. While loading fails, the last value stays in use for a limited
 * time.
 *
 * It loads when it is asked for, never by a timer. One load runs at a time (single flight). There is a pause between
 * loads, which grows while they fail.
 */
export class FreshValue<Value extends object> {
  readonly #settings: FreshSettings<Value>;
  #known: LoadedValue<Value> | null = null;
  #flight: Promise<void> | null = null;
  #loads = 0;
  #failures = 0;
  #failure: unknown;
  #tookMs = 0;
  #triedAt: number | null = null;
  #isToldStale = false;

  constructor(settings: FreshSettings<Value>) {
    this.#settings = settings;
  }

  /**
   * Gives the value, or `null` where it has to be waited for. A renewal that is due begins in the background.
   *
   * @param clock - a clock that the caller has just read, with its `time`: if it is the clock of the settings, it is
   *   not read again
   */
  read(clock?: () => number, time?: number): Value | null {
    const known = this.#known;
    if (known === null) return null;
    const now = time !== undefined && clock === this.#settings.now ? time : readClock(this.#settings.now);
    return now < known.renewAt && now >= known.loadedAt ? known.value : this.#readAged(now, known);
  }

  /** Gives what {@link read} gives, and loads nothing. */
  peek(): Value | null {
    const known = this.#known;
    if (known === null) return null;
    const now = readClock(this.#settings.now);
    return now < known.loadedAt || now < known.endsAt || this.#staysInUse(known, now) ? known.value : null;
  }

  /**
   * Waits for the value.
   *
   * @throws AuthError `unavailable` (503) where it can't be loaded
   */
  async wait(): Promise<Value> {
    const known = this.read();
    if (known !== null) return known;
    await this.#join();
    const loaded = this.read();
    if (loaded === null) throw this.#createOutage();
    return loaded;
  }

  /**
   * Reloads for a caller who needs something that the value lacks, unless it was just loaded.
   *
   * @throws AuthError `unavailable` (503) where it can't be loaded, so that it is unknown whether it still lacks that
   */
  async renew(): Promise<void> {
    await this.#join();
    if (this.#failures > 0) throw this.#createOutage();
  }

  /**
   * Reloads at once, for the owner of the value.
   *
   * @throws AuthError `unavailable` (503) where it can't be loaded
   */
  async reload(): Promise<void> {
    while (this.#flight !== null) await this.#flight; // That load began before this call.
    await this.#start(readClock(this.#settings.now));
    if (this.#failures > 0) throw this.#createOutage();
  }

  /** Gives the state of the value. */
  stats(): FreshStats {
    const now = readClock(this.#settings.now);
    return {
      ageMs: this.#known === null ? null : Math.max(now - this.#known.loadedAt, 0),
      loads: this.#loads,
      failures: this.#failures,
      nextTryAt: this.#triedAt === null ? null : this.#findNextTry(this.#triedAt),
    };
  }

  /** Gives a value whose renewal is due; `null` when it has ended. */
  #readAged(now: number, aged: LoadedValue<Value>): Value | null {
    const known = now < aged.loadedAt ? this.#redate(now, aged) : aged;
    const { value, loadedAt, endsAt } = known;
    if (this.#flight === null && this.#mayTry(now)) abandon(this.#start(now));
    if (now < endsAt) return value;
    if (!this.#staysInUse(known, now)) return null;
    if (!this.#isToldStale) this.#settings.onStale?.(now - loadedAt);
    this.#isToldStale = true;
    return value;
  }

  /** Tells whether a value stays in use beyond its end because loading fails. */
  #staysInUse({ staleUntil }: LoadedValue<Value>, now: number): boolean {
    return this.#failures > 0 && now < staleUntil;
  }

  /** Dates a value from now, where the clock was set back since it was loaded. Its renewal is due then. */
  #redate(now: number, { value, loadedAt, endsAt, staleUntil }: LoadedValue<Value>): LoadedValue<Value> {
    const by = loadedAt - now;
    this.#known = { value, loadedAt: now, renewAt: now, endsAt: endsAt - by, staleUntil: staleUntil - by };
    return this.#known;
  }

  /** Tells whether a load is due. If the last try lies in the future, the clock was set back since. */
  #mayTry(now: number): boolean {
    const triedAt = this.#triedAt;
    return triedAt === null || now < triedAt || now >= this.#findNextTry(triedAt);
  }

  /** Waits for the running load, or starts one if that is due. */
  async #join(): Promise<void> {
    const now = readClock(this.#settings.now);
    await (this.#flight ?? (this.#mayTry(now) ? this.#start(now) : undefined));
  }

  #findNextTry(triedAt: number): number {
    const doublings = Math.max(this.#failures - 1, 0);
    const { minMs, maxMs } = this.#settings.pauses ?? PAUSES;
    return triedAt + Math.min(minMs * 2 ** doublings, maxMs);
  }

  #start(now: number): Promise<void> {
    this.#triedAt = now;
    this.#loads += 1;
    const flight = this.#load(now).finally(() => {
      this.#flight = null;
    });
    this.#flight = flight;
    return flight;
  }

  async #load(loadedAt: number): Promise<void> {
    const { load, staleIfErrorMs, onFailed } = this.#settings;
    const startedAt = readStopwatch();
    try {
      const { value, freshForMs, staleIfErrorMs: staleMs = staleIfErrorMs } = await load();
      const renewAt = loadedAt + freshForMs * (1 + (JITTER * randomInt(1_000)) / 1_000);
      const endsAt = loadedAt + freshForMs * ENDS_AT;
      this.#known = { value, loadedAt, renewAt, endsAt, staleUntil: loadedAt + freshForMs + staleMs };
      this.#failures = 0;
      this.#isToldStale = false;
    } catch (error) {
      const isBusy = readMark(error, "isBusy") === true;
      this.#failures = isBusy ? Math.max(this.#failures, 1) : this.#failures + 1;
      this.#failure = error;
      if (isBusy) this.#triedAt = null;
      if (readMark(error, "isWithdrawal") === true) this.#known = null;
      this.#tookMs = readStopwatch() - startedAt;
      onFailed?.(error, this.#findNextTry(loadedAt));
    }
  }

  /**
   * Creates the error for a caller while the value can't be loaded. An outage that the load threw is passed on
   * unchanged.
   */
  #createOutage(): AuthError {
    if (isOutage(this.#failure)) return this.#failure;
    const waitMs = this.#triedAt === null ? 0 : this.#findNextTry(this.#triedAt) - readClock(this.#settings.now);
    return createOutage(this.#settings.name, this.#tookMs, this.#failure, Math.max(Math.ceil(waitMs / 1_000), 1));
  }
}

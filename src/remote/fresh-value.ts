import { randomInt } from "node:crypto";
import type { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { stopwatch } from "../shared/clock.ts";
import { MAX_FETCH_INTERVAL_MS, MIN_FETCH_INTERVAL_MS } from "../shared/limits.ts";
import { abandon } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { unavailable } from "../store-calls/call.ts";
import { isOutage } from "../store-calls/outage.ts";

/** What was loaded, and how long it is fresh. */
export interface Loaded<Value> {
  readonly value: Value;
  /** In milliseconds. It is renewed in the background from then on. */
  readonly freshForMs: number;
  /** How long this one goes on when it can't be loaded anew. That of the settings by default. */
  readonly staleIfErrorMs?: number;
}

/** What was loaded says that the value there was no longer holds, and gives no other. */
export class Withdrawn extends Error {
  readonly isWithdrawal = true;
}

/** Nobody was asked, for want of room. It is no failure of the source, and may be tried again at once. */
export class Busy extends Error {
  readonly isBusy = true;
}

interface Pauses {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How a value is kept fresh. */
export interface FreshSettings<Value> {
  /** The name of the call, as outages have it: `"keys.fetch"`. */
  readonly name: string;
  /** Loads the value within a time of its own. Nobody else loads at the same time. */
  readonly load: () => Promise<Loaded<Value>>;
  /** How long a value goes on when it is no longer fresh and can't be loaded, in milliseconds. */
  readonly staleIfErrorMs: number;
  readonly now: () => number;
  /** How long it waits between two loads: at least, and at most while they fail. By default 30 s and 5 min. */
  readonly pauses?: Pauses;
  /** Is told of each load that failed, and when it is tried again. */
  readonly onFailed?: (error: unknown, nextTryAt: number) => void;
  /** Is told when a value goes on beyond its time, once until it is loaded again. */
  readonly onStale?: (ageMs: number) => void;
}

/** How something is that is loaded from elsewhere. */
export interface FreshStats {
  /** How long ago the value was loaded, in milliseconds; `null` where there is none. */
  readonly ageMs: number | null;
  /** How often it was loaded or tried to be, since the start. */
  readonly loads: number;
  /** How many loads have failed since the last one that did not. */
  readonly failures: number;
  /** When it may be loaded next, in milliseconds since 1970; `null` before the first time. */
  readonly nextTryAt: number | null;
}

interface Known<Value> {
  readonly value: Value;
  /** The instant before it was loaded. */
  readonly loadedAt: number;
  /** From here on it is renewed while it goes on. */
  readonly renewAt: number;
  /** From here on it goes on only while it can't be loaded. */
  readonly endsAt: number;
  readonly staleUntil: number;
}

/** Within this part of its freshness after the end, a value is renewed: each process does so at a time of its own. */
const JITTER = 0.1;

/** After so many times its freshness, a value that nobody renewed has ended: whoever asks then waits for a load. */
export const ENDS_AT = 1.5;

const PAUSES: Pauses = { minMs: MIN_FETCH_INTERVAL_MS, maxMs: MAX_FETCH_INTERVAL_MS };

/**
 * Keeps a value that is loaded from elsewhere: fresh while it can be had, and for a while longer where it can't.
 *
 * It loads when it is asked for, never by a timer. It never loads twice at once, nor again within its pause, and less
 * often while that fails.
 */
export class FreshValue<Value extends object> {
  readonly #settings: FreshSettings<Value>;
  #known: Known<Value> | null = null;
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
   * Gives the value, or `null` where it has to be waited for. It is renewed in the background when it is time.
   *
   * @param clock - a clock that the caller has read just now, and what it said: the same clock is not read again
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
    return now < known.loadedAt || now < known.endsAt || this.#goesOn(known, now) ? known.value : null;
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
    if (loaded === null) throw this.#unavailable();
    return loaded;
  }

  /**
   * Loads anew for somebody who needs what the value lacks, unless it was loaded just now.
   *
   * @throws AuthError `unavailable` (503) where it can't be loaded, so that nobody knows what it would say
   */
  async renew(): Promise<void> {
    await this.#join();
    if (this.#failures > 0) throw this.#unavailable();
  }

  /**
   * Loads anew at once, for the owner.
   *
   * @throws AuthError `unavailable` (503) where it can't be loaded
   */
  async reload(): Promise<void> {
    while (this.#flight !== null) await this.#flight; // That one began before it was called.
    await this.#start(readClock(this.#settings.now));
    if (this.#failures > 0) throw this.#unavailable();
  }

  /** Tells how it is. */
  stats(): FreshStats {
    const now = readClock(this.#settings.now);
    return {
      ageMs: this.#known === null ? null : Math.max(now - this.#known.loadedAt, 0),
      loads: this.#loads,
      failures: this.#failures,
      nextTryAt: this.#triedAt === null ? null : this.#findNextTry(this.#triedAt),
    };
  }

  /** Gives a value whose renewal is due, or `null` when it is over. */
  #readAged(now: number, aged: Known<Value>): Value | null {
    const known = now < aged.loadedAt ? this.#redate(now, aged) : aged;
    const { value, loadedAt, endsAt } = known;
    if (this.#flight === null && this.#mayTry(now)) abandon(this.#start(now));
    if (now < endsAt) return value;
    if (!this.#goesOn(known, now)) return null;
    if (!this.#isToldStale) this.#settings.onStale?.(now - loadedAt);
    this.#isToldStale = true;
    return value;
  }

  /** Tells whether a value goes on beyond its end, since it can't be loaded. */
  #goesOn({ staleUntil }: Known<Value>, now: number): boolean {
    return this.#failures > 0 && now < staleUntil;
  }

  /** Counts the age of a value from now, where the clock was set back since it was loaded. It is due then. */
  #redate(now: number, { value, loadedAt, endsAt, staleUntil }: Known<Value>): Known<Value> {
    const by = loadedAt - now;
    this.#known = { value, loadedAt: now, renewAt: now, endsAt: endsAt - by, staleUntil: staleUntil - by };
    return this.#known;
  }

  /** Tells whether it is time to load. A try that lies ahead was made before the clock was set back. */
  #mayTry(now: number): boolean {
    const triedAt = this.#triedAt;
    return triedAt === null || now < triedAt || now >= this.#findNextTry(triedAt);
  }

  /** Waits for the load that is under way, or for one that begins, if it is time. */
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
    const startedAt = stopwatch();
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
      this.#tookMs = stopwatch() - startedAt;
      onFailed?.(error, this.#findNextTry(loadedAt));
    }
  }

  /** Makes the refusal of whoever needs the value while it can't be had. An outage of the load is told as it is. */
  #unavailable(): AuthError {
    if (isOutage(this.#failure)) return this.#failure;
    const waitMs = this.#triedAt === null ? 0 : this.#findNextTry(this.#triedAt) - readClock(this.#settings.now);
    return unavailable(this.#settings.name, this.#tookMs, this.#failure, Math.max(Math.ceil(waitMs / 1_000), 1));
  }
}

import { createSecret } from "../core/digest.ts";
import { STATUS_PLACES_TAKEN } from "../shared/limits.ts";
import { isObject } from "../shared/object.ts";
import { withTimeout } from "../shared/promise.ts";
import { checkPlaces } from "../store-calls/status-answers.ts";
import type { StatusListStore } from "../stores/contract.ts";
import { permute } from "./permute.ts";
import { MAX_NUMBER, type StatusPlace } from "./place.ts";

/** The settings of a {@link StatusAllocator}. */
export interface AllocatorSettings {
  readonly store: StatusListStore;
  readonly uri: string;
  /** How many places a list has. */
  readonly size: number;
  readonly storeTimeoutMs: number;
}

/** The terms that all processes of a service share. The first process decides them, and the store keeps them. */
interface Terms {
  readonly size: number;
  readonly seed: string;
}

const OTHER = "another uri, and these lists as previous";

/**
 * Gives out places of a service's lists. It takes a few at a time from the store, so that most logins don't wait for
 * the store. Places that a process has not given out when it ends stay empty.
 */
export class StatusAllocator {
  readonly #settings: AllocatorSettings;
  #next = 0;
  #end = 0;
  #seed = "";
  /** Whether the store has told the terms, and they are those of this process. */
  #hasTerms = false;
  /** How many places are known to be given out, by any process. */
  #known = 0;
  #flight: Promise<void> | null = null;

  constructor(settings: AllocatorSettings) {
    this.#settings = settings;
  }

  /** Gives out a place that nobody has. */
  async allocate(): Promise<StatusPlace> {
    while (this.#next >= this.#end) {
      this.#flight ??= this.#take().finally(() => {
        this.#flight = null;
      });
      await this.#flight;
    }
    const place = this.#next;
    this.#next += 1;
    return this.#locate(place);
  }

  /** How many lists this process knows of: at least one, and none before the store has told the terms. */
  get lists(): number {
    if (!this.#hasTerms) return 0;
    return Math.max(Math.ceil(this.#known / this.#settings.size), 1);
  }

  /**
   * Asks the store how many places all processes have given out, so that {@link StatusAllocator.lists} is up to date.
   */
  async countPlaces(): Promise<void> {
    await this.#call(0);
  }

  async #take(): Promise<void> {
    const { first, seed } = await this.#call(STATUS_PLACES_TAKEN);
    this.#next = first;
    this.#end = first + STATUS_PLACES_TAKEN;
    this.#seed = seed;
  }

  async #call(count: number): Promise<{ readonly first: number; readonly seed: string }> {
    const { store, uri, size, storeTimeoutMs } = this.#settings;
    const proposed: Terms = { size, seed: createSecret() };
    const name = "statusList.allocate";
    const answer = (async () => store.allocate(uri, count, JSON.stringify(proposed)))();
    const places = await withTimeout(name, storeTimeoutMs, answer);
    checkPlaces(name, places);
    const terms = readTerms(places.terms);
    if (terms === null) throw new TypeError(`${name}: terms must be the text that was stored first`);
    if (terms.size !== size) {
      throw new TypeError(`the lists at ${uri} were begun with size: ${terms.size}: give that, or ${OTHER}`);
    }
    this.#known = Math.max(this.#known, places.first + count);
    this.#hasTerms = true;
    return { first: places.first, seed: terms.seed };
  }

  #locate(place: number): StatusPlace {
    const { size, uri } = this.#settings;
    const list = Math.floor(place / size) + 1;
    if (list > MAX_NUMBER) throw new RangeError(`${uri} has ${MAX_NUMBER} lists, and all are full: give ${OTHER}`);
    return { uri, list, index: permute(`${this.#seed} ${list}`, size, place % size) };
  }
}

function readTerms(text: string): Terms | null {
  try {
    const terms: unknown = JSON.parse(text);
    const { size, seed } = (isObject(terms) ? terms : {}) as Partial<Terms>;
    return Number.isSafeInteger(size) && typeof seed === "string" ? { size: size as number, seed } : null;
  } catch {
    return null;
  }
}

import { readClock } from "../core/time.ts";
import { MIN_PUBLISH_INTERVAL_MS } from "../shared/limits.ts";
import type { StatusAllocator } from "./allocator.ts";

/**
 * Knows how many lists there are, so that a request for a number without a list causes no read. It asks the store at
 * most once a second.
 */
export class ListCounter {
  readonly #now: () => number;
  readonly #allocator: StatusAllocator;
  #askedAt: number | null = null;
  #flight: Promise<void> | null = null;

  constructor(now: () => number, allocator: StatusAllocator) {
    this.#now = now;
    this.#allocator = allocator;
  }

  /** Tells whether there is a list with a number. */
  async covers(list: number): Promise<boolean> {
    if (list <= this.#allocator.lists) return true;
    const now = readClock(this.#now);
    if (this.#flight === null && this.#wasAskedJustNow(now)) return false;
    this.#flight ??= this.#ask(now).finally(() => {
      this.#flight = null;
    });
    await this.#flight;
    return list <= this.#allocator.lists;
  }

  #wasAskedJustNow(now: number): boolean {
    const askedAt = this.#askedAt;
    return askedAt !== null && now >= askedAt && now < askedAt + MIN_PUBLISH_INTERVAL_MS;
  }

  async #ask(now: number): Promise<void> {
    await this.#allocator.countPlaces();
    this.#askedAt = now;
  }
}

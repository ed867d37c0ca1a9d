import { readClock } from "../core/time.ts";
import { MIN_PUBLISH_INTERVAL_MS } from "../shared/limits.ts";

/**
 * Knows how many lists there are, so that a client who asks for any number makes nobody read a list that is none. It asks
 * the store once in a second at the most.
 */
export class ListCounter {
  readonly #now: () => number;
  readonly #count: () => Promise<number>;
  #known = 1;
  #askedAt: number | null = null;
  #flight: Promise<void> | null = null;

  constructor(now: () => number, count: () => Promise<number>) {
    this.#now = now;
    this.#count = count;
  }

  /** Tells whether there is a list of a number. */
  async covers(list: number): Promise<boolean> {
    if (list <= this.#known) return true;
    const now = readClock(this.#now);
    const askedAt = this.#askedAt;
    if (this.#flight === null && askedAt !== null && now >= askedAt && now < askedAt + MIN_PUBLISH_INTERVAL_MS) {
      return false;
    }
    this.#flight ??= this.#ask(now).finally(() => {
      this.#flight = null;
    });
    await this.#flight;
    return list <= this.#known;
  }

  async #ask(now: number): Promise<void> {
    this.#known = Math.max(this.#known, await this.#count());
    this.#askedAt = now;
  }
}

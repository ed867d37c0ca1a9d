/** Each use checks two entries, so that expired entries are removed faster than entries are added. */
const ENTRIES_PER_USE = 2;

/**
 * A map that removes the entries which expired at or before the horizon. It has no timer and never scans all its
 * entries: each use checks the next few, so that even a million entries cause no delay.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #readExpiry: (value: V) => number;
  readonly #readHorizon: () => number;
  #hand: Iterator<[string, V]> = this.#entries.entries();

  /**
   * @param readExpiry - returns the instant at which a value expires
   * @param readHorizon - returns the instant by which an entry must have expired to be forgotten
   */
  constructor(readExpiry: (value: V) => number, readHorizon: () => number) {
    this.#readExpiry = readExpiry;
    this.#readHorizon = readHorizon;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns a value, unless it expired at or before the horizon. */
  get(key: string): V | undefined {
    if (this.#entries.size === 0) return undefined;
    const horizon = this.#readHorizon();
    this.#sweep(horizon);
    const value = this.#entries.get(key);
    return value !== undefined && this.#readExpiry(value) > horizon ? value : undefined;
  }

  /** Stores a value, even if it has already expired: the horizon may go back. */
  set(key: string, value: V): void {
    this.#sweep(this.#readHorizon());
    this.#entries.set(key, value);
  }

  /** Removes a few expired entries, as `get` and `set` do. */
  sweep(): void {
    if (this.#entries.size > 0) this.#sweep(this.#readHorizon());
  }

  #sweep(horizon: number): void {
    for (let looked = 0; looked < ENTRIES_PER_USE; looked += 1) {
      const { done, value } = this.#hand.next();
      if (done === true) {
        this.#hand = this.#entries.entries();
        return;
      }
      if (this.#readExpiry(value[1]) <= horizon) this.#entries.delete(value[0]);
    }
  }
}

/** How many entries are looked at for every use: enough that expired ones leave faster than others arrive. */
const STEP = 2;

/**
 * A map whose entries leave when they have ended by the instant that `endedBy` gives. There is no timer and no pass over the
 * whole map: every use looks at the next few entries, so that a million of them never hold anything up.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #expiryOf: (value: V) => number;
  readonly #endedBy: () => number;
  #hand: Iterator<[string, V]> = this.#entries.entries();

  constructor(expiryOf: (value: V) => number, endedBy: () => number) {
    this.#expiryOf = expiryOf;
    this.#endedBy = endedBy;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry, unless it has ended. */
  get(key: string): V | undefined {
    if (this.#entries.size === 0) return undefined;
    const endedBy = this.#endedBy();
    this.#sweep(endedBy);
    const value = this.#entries.get(key);
    return value !== undefined && this.#expiryOf(value) > endedBy ? value : undefined;
  }

  set(key: string, value: V): void {
    const endedBy = this.#endedBy();
    this.#sweep(endedBy);
    if (this.#expiryOf(value) > endedBy) this.#entries.set(key, value);
  }

  /** Lets go a few of those that have ended, as every other use does. */
  sweep(): void {
    if (this.#entries.size > 0) this.#sweep(this.#endedBy());
  }

  #sweep(endedBy: number): void {
    for (let looked = 0; looked < STEP; looked += 1) {
      const { done, value } = this.#hand.next();
      if (done === true) {
        this.#hand = this.#entries.entries();
        return;
      }
      if (this.#expiryOf(value[1]) <= endedBy) this.#entries.delete(value[0]);
    }
  }
}

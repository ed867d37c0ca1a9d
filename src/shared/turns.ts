/** Runs work of the same key one after another, and work of different keys at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs work once all earlier work of its key has settled. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}

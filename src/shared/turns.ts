/** Work that goes one after the other where it has the same key, and side by side where it has not. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does some work once all that came before it under its key is done, whatever became of that. */
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

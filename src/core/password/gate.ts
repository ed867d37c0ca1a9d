import { AuthError } from "../errors.ts";

/**
 * Lets a few jobs run at a time, queues a bounded number behind them in order, and refuses the rest at once. A slot is
 * held until its job is done, whatever became of the one who asked for it.
 */
export class Gate {
  readonly #maxConcurrent: number;
  readonly #maxQueue: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maxConcurrent: number, maxQueue: number) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxQueue = maxQueue;
  }

  /** Runs a job in its turn. Throws AuthError `overloaded` (503) when the queue is full. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await job();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#maxConcurrent) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#maxQueue) throw new AuthError("overloaded");
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** A freed slot goes straight to the next in line, so that nobody can slip in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

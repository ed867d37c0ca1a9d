import { checkNames, type OptionNames } from "../../shared/options.ts";
import { AuthError } from "../errors.ts";
import { FairQueue } from "./fair-queue.ts";

/** What can be said about one password's work. */
export interface WorkOptions {
  /**
   * Where it comes from, such as the group of a client's address. Origins have equal parts of the queue, so that whoever
   * sends much waits for it alone. Work without an origin shares one.
   */
  readonly from?: string | undefined;
  /** Aborted when nobody waits for the answer any longer: work that has not begun leaves the queue, as `overloaded`. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionNames<WorkOptions> = { from: "optional", signal: "optional" };

interface Job {
  /** Lets it begin. */
  readonly begin: () => void;
  /** Answers it with `overloaded`. */
  readonly refuse: () => void;
}

/**
 * Lets a few jobs run at a time, queues a bounded number behind them, shared out evenly by origin, and refuses the rest at
 * once. A slot is held until its job is done, whatever became of the one who asked for it.
 */
export class Gate {
  readonly #maxConcurrent: number;
  readonly #maxQueue: number;
  readonly #waiting = new FairQueue<Job>();
  #running = 0;

  constructor(maxConcurrent: number, maxQueue: number) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxQueue = maxQueue;
  }

  /**
   * Runs a job in its turn. Throws AuthError `overloaded` (503) when the queue is full, also later, when the place is
   * given to an origin that has less of it; and when the job was given up before its turn.
   */
  async run<T>(job: () => Promise<T>, options: WorkOptions = {}): Promise<T> {
    checkNames("a password's work", options, OPTIONS);
    const { from, signal } = options;
    if (signal?.aborted) throw new AuthError("overloaded");
    if (this.#running < this.#maxConcurrent) this.#running += 1;
    else await this.#turn(from, signal);
    try {
      return await job();
    } finally {
      this.#leave();
    }
  }

  #turn(from: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= this.#maxQueue) {
        const displaced = this.#waiting.makeRoom(from);
        if (displaced === undefined) return reject(new AuthError("overloaded"));
        displaced.refuse();
      }
      const giveUp = (): void => {
        this.#waiting.remove(place);
        reject(new AuthError("overloaded"));
      };
      const settling = (settle: () => void) => (): void => {
        signal?.removeEventListener("abort", giveUp);
        settle();
      };
      const refuse = settling(() => reject(new AuthError("overloaded")));
      const place = this.#waiting.add(from, { begin: settling(resolve), refuse });
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** A freed slot goes straight to the next in line, so that nobody can slip in between. */
  #leave(): void {
    const next = this.#waiting.next();
    if (next === undefined) this.#running -= 1;
    else next.begin();
  }
}

import { assert } from "../../shared/assert.ts";
import { checkNames, type OptionNames } from "../../shared/options.ts";
import { refusePromise } from "../../shared/promise.ts";
import { readSafely } from "../../shared/read.ts";
import { AuthError } from "../errors.ts";
import { FairQueue } from "./fair-queue.ts";

/** The options of one password's work. */
export interface WorkOptions {
  /**
   * The origin of the work, such as the network of a client's address. Origins share the queue equally, so that one
   * with much work does not hold up the others. None by default: all work without an origin shares one.
   */
  readonly from?: string | undefined;
  /**
   * A signal that aborts when nobody waits for the answer any longer. None by default. Work that has not begun then
   * ends as `overloaded`.
   */
  readonly signal?: AbortSignal | undefined;
}

const OWNER = "a password's work";
const OPTIONS: OptionNames<WorkOptions> = { from: "optional", signal: "optional" };

/** Refuses what is no signal of any realm: its work would wait although nobody waits for the answer. */
function checkSignal(signal: AbortSignal | null | undefined): void {
  if (signal === undefined || signal === null) return;
  refusePromise(`${OWNER}: signal`, signal);
  const isSignal = readSafely(OWNER, () => {
    const { aborted, addEventListener, removeEventListener } = signal;
    const isHeard = [addEventListener, removeEventListener].every((it) => typeof it === "function");
    return typeof aborted === "boolean" && isHeard;
  });
  assert(isSignal, `${OWNER}: signal must be an AbortSignal, such as controller.signal or AbortSignal.timeout(1_000)`);
}

/** How full the queue of passwords to be hashed is. */
export interface GateStats {
  /** How many are being hashed. */
  readonly running: number;
  /** How many wait. */
  readonly waiting: number;
  /** How many were refused since the process started: the queue was full, or nobody waited for them any longer. */
  readonly refused: number;
}

interface Job {
  /** Lets the job begin. */
  readonly begin: () => void;
  /** Ends the job with `overloaded`. */
  readonly refuse: () => void;
}

/**
 * Runs a few jobs at a time. A bounded number of others waits in a queue that origins share equally, and any further
 * job is refused at once. A job keeps its slot until it is done, even if nobody waits for its answer any longer.
 */
export class Gate {
  readonly #maxConcurrent: number;
  readonly #maxQueue: number;
  readonly #waiting = new FairQueue<Job>();
  #running = 0;
  #refused = 0;

  constructor(maxConcurrent: number, maxQueue: number) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxQueue = maxQueue;
  }

  /** Tells how full the gate is. */
  get stats(): GateStats {
    return { running: this.#running, waiting: this.#waiting.length, refused: this.#refused };
  }

  /**
   * Runs a job in its turn.
   *
   * @throws TypeError when an option is unknown, or the signal is none
   * @throws AuthError `overloaded` (503) when the queue is full, when the job's place is given to an origin that has
   * fewer jobs, and when the signal aborts before the job's turn
   */
  async run<T>(job: () => Promise<T>, options: WorkOptions = {}): Promise<T> {
    checkNames(OWNER, options, OPTIONS);
    const { from, signal } = options;
    checkSignal(signal);
    if (signal?.aborted) throw this.#refuse();
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
        if (displaced === undefined) return reject(this.#refuse());
        displaced.refuse();
      }
      const giveUp = (): void => {
        this.#waiting.remove(place);
        reject(this.#refuse());
      };
      const settleWith = (settle: () => void) => (): void => {
        signal?.removeEventListener("abort", giveUp);
        settle();
      };
      const refuse = settleWith(() => reject(this.#refuse()));
      const place = this.#waiting.add(from, { begin: settleWith(resolve), refuse });
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  #refuse(): AuthError {
    this.#refused += 1;
    return new AuthError("overloaded");
  }

  /** Gives a free slot to the next job in the queue at once, so that no job overtakes it. */
  #leave(): void {
    const next = this.#waiting.next();
    if (next === undefined) this.#running -= 1;
    else next.begin();
  }
}

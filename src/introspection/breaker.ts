import { FAILURES_TO_PAUSE, MAX_PAUSE_MS, MIN_PAUSE_MS } from "../shared/limits.ts";

/**
 * Keeps calls from something that is down (a circuit breaker). After a few failures in a row it pauses: from then on it
 * lets one call pass at a time, and the pause between two of them doubles while they fail. One that succeeds ends it.
 */
export class Breaker {
  /** Failures in a row while it does not pause. */
  #failures = 0;
  /** The present pause in milliseconds; 0 where there is none. */
  #pauseMs = 0;
  /** When the pause began. */
  #pausedAt = 0;
  #isTrying = false;

  /** How long the pause lasts, in milliseconds; 0 where a call may be made. */
  left(now: number): number {
    if (this.#pauseMs === 0) return 0;
    const isOver = now < this.#pausedAt || now >= this.#pausedAt + this.#pauseMs; // The clock may be set back.
    if (isOver) return this.#isTrying ? MIN_PAUSE_MS : 0;
    return this.#pausedAt + this.#pauseMs - now;
  }

  /** Notes that a call begins, and gives what is to be told how it ended. */
  begin(): (hasFailed: boolean, now: number) => void {
    const isTry = this.#pauseMs > 0;
    if (isTry) this.#isTrying = true;
    return (hasFailed, now) => {
      if (isTry) this.#isTrying = false;
      if (!hasFailed) this.#succeed();
      // A call that began before the pause says nothing new when it fails.
      else if (isTry || this.#pauseMs === 0) this.#fail(isTry, now);
    };
  }

  #succeed(): void {
    this.#failures = 0;
    this.#pauseMs = 0;
  }

  #fail(isTry: boolean, now: number): void {
    this.#failures += 1;
    if (!isTry && this.#failures < FAILURES_TO_PAUSE) return;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, MIN_PAUSE_MS), MAX_PAUSE_MS);
    this.#pausedAt = now;
  }
}

import { FAILURES_TO_PAUSE, MAX_PAUSE_MS, MIN_PAUSE_MS } from "../shared/limits.ts";

/**
 * A circuit breaker: it keeps calls away from something that is down. After a few failures in a row it opens: it lets
 * one call at a time pass, after a pause that doubles with each failure. A call that succeeds closes it.
 */
export class Breaker {
  /** Failures in a row. */
  #failures = 0;
  /** The current pause in milliseconds; 0 where there is none. */
  #pauseMs = 0;
  /** When the pause began. */
  #pausedAt = 0;
  #isTrying = false;

  /** How much longer the pause lasts, in milliseconds; 0 if a call may be made. */
  getTimeLeft(now: number): number {
    if (this.#pauseMs === 0) return 0;
    const isOver = now < this.#pausedAt || now >= this.#pausedAt + this.#pauseMs; // The clock may be set back.
    if (isOver) return this.#isTrying ? MIN_PAUSE_MS : 0;
    return this.#pausedAt + this.#pauseMs - now;
  }

  /** Notes that a call begins. Returns the function to call when it has ended. */
  begin(): (hasFailed: boolean, now: number) => void {
    const isTry = this.#pauseMs > 0;
    if (isTry) this.#isTrying = true;
    return (hasFailed, now) => {
      if (isTry) this.#isTrying = false;
      if (!hasFailed) this.#succeed();
      // The failure of a call that began before the pause says nothing new.
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

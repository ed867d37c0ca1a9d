/**
 * Reads how long a limiter says to wait, in milliseconds: limiters of rate-limiter-flexible reject with `{ msBeforeNext
 * }` where there are too many attempts. What else one rejects with is its outage, and is thrown on.
 */
export function readWait(rejection: unknown): number {
  const { msBeforeNext } = (rejection ?? {}) as { msBeforeNext?: unknown };
  if (typeof msBeforeNext !== "number" || Number.isNaN(msBeforeNext)) throw rejection;
  return msBeforeNext;
}

/** The longest time to wait that is told, in seconds: a day. */
const LONGEST_WAIT = 86_400;

/** Gives the seconds of `Retry-After`, at least one. */
export function toRetryAfter(waitMs: number): number {
  return Math.min(Math.max(Math.ceil(waitMs / 1_000), 1), LONGEST_WAIT);
}

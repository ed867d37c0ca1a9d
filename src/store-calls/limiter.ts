/** What has the methods of a limiter, for messages. */
export const LIMITER = "new RateLimiterMemory({ points, duration }) of rate-limiter-flexible";

/**
 * Reads how long a limiter says to wait, in milliseconds: limiters of rate-limiter-flexible reject with
 * `{ msBeforeNext }` where there are too many attempts. Any other rejection is an outage of the limiter, and is thrown
 * again.
 */
export function readWait(rejection: unknown): number {
  const { msBeforeNext } = (rejection ?? {}) as { msBeforeNext?: unknown };
  if (typeof msBeforeNext !== "number" || Number.isNaN(msBeforeNext)) throw rejection;
  return msBeforeNext;
}

/** The longest `Retry-After`, in seconds: a day. */
const MAX_WAIT_SECONDS = 86_400;

/** Gives the seconds of `Retry-After`, at least one. */
export function toRetryAfter(waitMs: number): number {
  return Math.min(Math.max(Math.ceil(waitMs / 1_000), 1), MAX_WAIT_SECONDS);
}

import { computeDigest } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { findAddressShare } from "../core/http/address.ts";
import { createWarning } from "../shared/listener.ts";
import { readWait, toRetryAfter } from "../store-calls/limiter.ts";

/** A counter of refused keys: the shape of every limiter of rate-limiter-flexible (memory, Redis, Postgres …). */
export interface KeyLimiter {
  /** Counts one refusal. Rejects with `{ msBeforeNext }` when there are too many, and with an Error in an outage. */
  consume(key: string): Promise<unknown>;
}

const warn = /* @__PURE__ */ createWarning();

/**
 * Counts a refused key by the address that it comes from.
 *
 * @throws AuthError `too_many_attempts` (429). Anything else that the limiter throws is rethrown, as an outage.
 */
export async function countRefusal(limiter: KeyLimiter, ip: string | null): Promise<void> {
  const share = findAddressShare(ip);
  if (share === "unknown") {
    warn("hallpass: apiKeys counts refused keys by address, and a request has none: give the guard its ip");
    return;
  }
  const wait: unknown = await limiter.consume(computeDigest(share)).then(() => null, readWait);
  if (typeof wait === "number") throw new AuthError("too_many_attempts", { retryAfter: toRetryAfter(wait) });
}

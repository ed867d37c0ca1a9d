import { computeDigest } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { findAddressShare } from "../core/http/address.ts";
import { createWarning } from "../shared/listener.ts";

/** What counts refused keys: the shape of every limiter of rate-limiter-flexible (memory, Redis, Postgres …). */
export interface KeyLimiter {
  /** Counts one refusal. Rejects with `{ msBeforeNext }` when there are too many, and with an Error in an outage. */
  consume(key: string): Promise<unknown>;
}

const warn = /* @__PURE__ */ createWarning();

/**
 * Counts a refused key by the address that it comes from.
 *
 * @throws AuthError `too_many_attempts` (429). What else the limiter throws is thrown on, as an outage.
 */
export async function countRefusal(limiter: KeyLimiter, ip: string | null): Promise<void> {
  const share = findAddressShare(ip);
  if (share === "unknown") {
    warn("hallpass: apiKeys counts refused keys by address, and a request has none: give the guard its ip");
    return;
  }
  try {
    await limiter.consume(computeDigest(share));
  } catch (rejection) {
    const { msBeforeNext } = (rejection ?? {}) as { readonly msBeforeNext?: unknown };
    if (typeof msBeforeNext !== "number" || !(msBeforeNext >= 0)) throw rejection;
    throw new AuthError("too_many_attempts", { retryAfter: toSeconds(msBeforeNext) });
  }
}

/** The longest wait that is told, in seconds: a day. */
const LONGEST_WAIT = 86_400;

function toSeconds(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms / 1_000), 1), LONGEST_WAIT);
}

import type { SessionDetails } from "./details.ts";
import type { RefreshSettings } from "./refresh-options.ts";

/**
 * Computes when a session ends, unless it is used again. A session's own lifetimes count where they are the shorter
 * ones.
 *
 * @param createdAt - when the session started, in milliseconds since 1970
 * @param usedAt - when it was used last, in milliseconds since 1970
 */
export function computeExpiry(
  refresh: RefreshSettings,
  details: SessionDetails,
  createdAt: number,
  usedAt: number,
): Date {
  const idle = Math.min(refresh.idleLifetime, details.idleLifetime ?? Number.POSITIVE_INFINITY);
  const absolute = Math.min(refresh.absoluteLifetime, details.absoluteLifetime ?? Number.POSITIVE_INFINITY);
  return new Date(Math.min(usedAt + idle, createdAt + absolute));
}

/** Counts the whole seconds from one instant, in milliseconds since 1970, to another. */
export function countSeconds(from: number, to: Date): number {
  return Math.floor((to.getTime() - from) / 1_000);
}

import type { RefreshSettings } from "./refresh-options.ts";

/**
 * Computes when a session ends, unless it is used again.
 *
 * @param createdAt - when the session started, in milliseconds since 1970
 * @param usedAt - when it was used last, in milliseconds since 1970
 */
export function computeExpiry(
  { idleLifetime, absoluteLifetime }: RefreshSettings,
  createdAt: number,
  usedAt: number,
): Date {
  return new Date(Math.min(usedAt + idleLifetime, createdAt + absoluteLifetime));
}

/** Counts the whole seconds from one instant, in milliseconds since 1970, to another. */
export function countSeconds(from: number, to: Date): number {
  return Math.floor((to.getTime() - from) / 1_000);
}

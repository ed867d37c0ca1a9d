import { MINUTE_MS } from "../../shared/clock.ts";
/** A key is kept for a minute longer than it is needed, because the clocks of the server and of its clients differ. */
export const MARGIN_MS: number = MINUTE_MS;

/** Computes how long, in milliseconds, a key is kept that is needed from one instant to another. */
export function computeTtl(from: number, to: number): number {
  return Math.max(to - from, 0) + MARGIN_MS;
}

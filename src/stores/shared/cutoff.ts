import { MINUTE_MS, systemClock } from "../../shared/clock.ts";
import { createHorizon } from "./horizon.ts";
import { toMilliseconds } from "./instants.ts";

/** By itself a store keeps a row for a minute longer than it is needed, because clocks differ a little. */
export const MARGIN_MS: number = MINUTE_MS;

/** The instant by which a row must have expired to be deleted. */
export interface Cutoff {
  /** The milliseconds since 1970. */
  readonly time: number;
  /** Whether the application gave the instant. Otherwise it is by the clock of this process, which may be wrong. */
  readonly isGiven: boolean;
}

/**
 * Creates a function that returns the cutoff for the instant that an application gave. Where it gave none, a clock that
 * is ahead for a while must not make a store delete what still counts, so the horizon decides.
 */
export function createCutoff(): (at: Date | undefined) => Cutoff {
  const computeHorizon = createHorizon(MARGIN_MS);
  computeHorizon(systemClock());
  return (at) => ({
    time: at === undefined ? computeHorizon(systemClock()) : toMilliseconds(at),
    isGiven: at !== undefined,
  });
}

import { DAY_MS, systemClock } from "../../shared/clock.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { createRevocations, type MemoryBlocklist } from "./revocations.ts";

/** The options of {@link memoryBlocklist}. */
export interface MemoryBlocklistOptions {
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<MemoryBlocklistOptions> = { now: "optional" };

/** A revocation that has already expired when it is stored is kept for a day, because the clock may be ahead. */
const KEEP_MS = DAY_MS;

/**
 * A blocklist in this process's memory, for a single process and for tests. It answers synchronously. It is empty after
 * a restart, and no other process sees it: several processes need a shared store. What it removes as expired is lost,
 * even if the clock turns out to have been ahead. So start the process after the clock is set.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const blocklist = memoryBlocklist();
 * const guard = createGuard({ token: accessToken, blocklist });
 * ```
 */
export function memoryBlocklist(options: MemoryBlocklistOptions = {}): MemoryBlocklist {
  checkOptions("memoryBlocklist", options, OPTIONS);
  const { now = systemClock } = options;
  checkFunction("memoryBlocklist: now", now, "such as Date.now");
  return createRevocations(now, KEEP_MS).blocklist;
}

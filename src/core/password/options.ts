import { DEFAULT_CONCURRENT_HASHES, DEFAULT_QUEUED_HASHES } from "../../shared/limits.ts";
import { checkInteger, checkMethods, checkOptions, type OptionNames, optional } from "../../shared/options.ts";
import { copyBytes } from "../bytes.ts";
import type { WorkOptions } from "./gate.ts";
import type { LegacyScheme } from "./legacy.ts";
import { COST_RANGES, type Cost, exceeds, fillsLanes } from "./phc.ts";

/** The options of {@link createPasswordHasher}. */
export interface PasswordOptions {
  /** KiB of memory that a hash takes. 19456 by default (OWASP). */
  readonly memoryCost?: number;
  /** Passes over the memory. 2 by default. */
  readonly timeCost?: number;
  /** Lanes that the memory is divided into. 1 by default. */
  readonly parallelism?: number;
  /**
   * A secret of at least 16 bytes that goes into every hash and is kept outside the database (RFC 9106's `K`). None by
   * default.
   */
  readonly pepper?: Uint8Array;
  /**
   * The most that a stored hash may cost: `memoryCost`, `timeCost` and `parallelism`. A hash that costs more never
   * matches. 262144 KiB, 16 passes and 16 lanes by default.
   */
  readonly ceiling?: Partial<Cost>;
  /** How many hashes are computed at a time. 2 by default: more would hold up the rest of the process. */
  readonly maxConcurrent?: number;
  /**
   * How many hashes wait for their turn. Their origins ({@link WorkOptions}) share the queue equally, and any further
   * hash is refused with 503. 256 by default.
   */
  readonly maxQueue?: number;
  /** Other schemes whose hashes are still in the database. None by default. */
  readonly legacy?: readonly LegacyScheme[];
}

/** The options, checked and with their defaults. */
export interface PasswordSettings {
  readonly cost: Cost;
  readonly ceiling: Cost;
  readonly pepper: Uint8Array | undefined;
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  readonly legacy: readonly LegacyScheme[];
}

const DEFAULT_COST: Cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const DEFAULT_CEILING: Cost = { memoryCost: 262_144, timeCost: 16, parallelism: 16 };

const COST_OPTIONS: OptionNames<Partial<Cost>> = { memoryCost: optional, timeCost: optional, parallelism: optional };
const OPTIONS: OptionNames<PasswordOptions> = {
  ...COST_OPTIONS,
  pepper: optional,
  ceiling: optional,
  maxConcurrent: optional,
  maxQueue: optional,
  legacy: optional,
};

/** Checks the options, and fills in the defaults. */
export function readOptions(options: PasswordOptions): PasswordSettings {
  checkOptions("createPasswordHasher", options, OPTIONS);
  const { ceiling: given = {}, maxConcurrent = DEFAULT_CONCURRENT_HASHES, maxQueue = DEFAULT_QUEUED_HASHES } = options;
  checkOptions("ceiling", given, COST_OPTIONS);
  const ceiling = checkCost("ceiling.", { ...DEFAULT_CEILING, ...given });
  const cost = checkCost("", { ...DEFAULT_COST, ...options });
  if (exceeds(cost, ceiling)) {
    throw new TypeError(
      "createPasswordHasher: the cost is over the ceiling; raise ceiling: { memoryCost, timeCost } too",
    );
  }
  return {
    cost,
    ceiling,
    pepper: checkPepper(options.pepper),
    maxConcurrent: checkInteger("maxConcurrent", maxConcurrent, 1, 1_024),
    maxQueue: checkInteger("maxQueue", maxQueue, 0, 1_000_000),
    legacy: checkLegacy(options.legacy ?? []),
  };
}

function checkCost(prefix: string, cost: Cost): Cost {
  const names = Object.keys(COST_RANGES) as (keyof Cost)[];
  const checked = names.map((name) => [name, checkInteger(prefix + name, cost[name], ...COST_RANGES[name])]);
  if (!fillsLanes(cost)) throw new TypeError(`${prefix}memoryCost must be at least 8 for each lane`);
  return Object.fromEntries(checked) as Cost;
}

function checkPepper(pepper: Uint8Array | undefined): Uint8Array | undefined {
  if (pepper === undefined) return undefined;
  const bytes = copyBytes(pepper);
  if (bytes === null || bytes.length < 16) {
    throw new TypeError('pepper must be a Uint8Array of at least 16 random bytes, such as Buffer.from(text, "base64")');
  }
  return bytes;
}

function checkLegacy(legacy: readonly LegacyScheme[]): readonly LegacyScheme[] {
  if (!Array.isArray(legacy))
    throw new TypeError("legacy must be a list of schemes, such as [bcryptHashes(bcrypt.compare)]");
  for (const scheme of legacy)
    checkMethods("a legacy scheme", scheme, ["recognises", "compare"], "bcryptHashes(bcrypt.compare)");
  return [...legacy];
}

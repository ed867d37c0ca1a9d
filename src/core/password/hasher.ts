import { DEFAULT_CONCURRENT_HASHES, DEFAULT_QUEUED_HASHES, MAX_HASH_LENGTH } from "../../shared/limits.ts";
import { checkInteger, checkMethods, checkOptions, type OptionNames } from "../../shared/options.ts";
import { copyBytes } from "../bytes.ts";
import { AuthError } from "../errors.ts";
import { isComputed, loadEngine, type PasswordEngine, withArgon2 } from "./argon2.ts";
import { Gate, type WorkOptions } from "./gate.ts";
import type { LegacyScheme } from "./legacy.ts";
import { COST_RANGES, type Cost, exceeds, fillsLanes, readHash, unmatchedHash } from "./phc.ts";
import { normalised } from "./text.ts";

/** What a {@link PasswordHasher} is bound to. */
export interface PasswordOptions {
  /** KiB of memory a hash takes. 19456 by default (OWASP). */
  readonly memoryCost?: number;
  /** Passes over the memory. 2 by default. */
  readonly timeCost?: number;
  /** Lanes. 1 by default. */
  readonly parallelism?: number;
  /** A secret of at least 16 bytes that is kept outside the database and goes into every hash (RFC 9106's `K`). None by default. */
  readonly pepper?: Uint8Array;
  /** The most a stored hash may cost and still be computed. 262144 KiB, 16 passes and 16 lanes by default. */
  readonly ceiling?: Partial<Cost>;
  /** How many hashes are computed at a time. 2 by default: more would hold up the rest of the process. */
  readonly maxConcurrent?: number;
  /**
   * How many wait behind them, shared out evenly by where they come from ({@link WorkOptions}); the next one is refused
   * with 503. 256 by default.
   */
  readonly maxQueue?: number;
  /** Other schemes whose hashes are still in the database. None by default. */
  readonly legacy?: readonly LegacyScheme[];
}

/** Hashes and compares passwords at one cost, through one queue. Made by {@link createPasswordHasher}. */
export interface PasswordHasher {
  /**
   * Hashes a password.
   *
   * @param options - where the work comes from, and until when anybody waits for it
   * @returns a PHC string, to be stored as it is
   * @throws AuthError `unusable_password` (400), `overloaded` or `unavailable` (503)
   */
  hash(password: string, options?: WorkOptions): Promise<string>;
  /**
   * Whether a password has a hash. Without one to compare with (`null`, or one that can't be read or costs more than
   * the ceiling) the answer is `false`, after as much work as any other.
   *
   * @param options - where the work comes from, and until when anybody waits for it
   * @throws AuthError `unusable_password` (400) when the password is no string; `overloaded` or `unavailable` (503)
   */
  compare(password: string, hash: string | null | undefined, options?: WorkOptions): Promise<boolean>;
  /**
   * Whether a stored hash is of another scheme or cost than this hasher's, and is to be renewed when its password is at hand.
   *
   * @param password - what matched the hash. Given one that an older scheme reads the beginning of alone, the answer is
   * `false`: the hash may be of a longer password, which a renewed one would shut out.
   */
  needsRehash(hash: string, password?: string): boolean;
  /** Whether {@link PasswordHasher.compare} can do anything with a stored hash. One it can't read never matches. */
  canRead(hash: string): boolean;
  /**
   * Loads what computes Argon2 and hashes once, so that a service learns when it starts, and not from its first user,
   * whether it can. By default it is loaded at the first password.
   *
   * @returns which it is: the native addon of `@node-rs/argon2`, or, where that is missing, the runtime's `crypto.argon2`,
   * which makes the same hashes in some three times the time and reads none with `v=16`
   * @throws Error that says for which machine the addon is missing and what to do about it
   *
   * @example
   * ```ts
   * const passwords = createPasswordHasher();
   * await passwords.ready(); // → "@node-rs/argon2"
   * ```
   */
  ready(): Promise<PasswordEngine>;
}

/** What an authenticator needs of a {@link PasswordHasher}. One of the application's own may lack the rest. */
export type PasswordChecker = Pick<PasswordHasher, "hash" | "compare" | "needsRehash"> & Partial<PasswordHasher>;

const DEFAULT_COST: Cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const DEFAULT_CEILING: Cost = { memoryCost: 262_144, timeCost: 16, parallelism: 16 };
const COSTS = Object.keys(COST_RANGES) as (keyof Cost)[];
const COST_OPTIONS: OptionNames<Partial<Cost>> = {
  memoryCost: "optional",
  timeCost: "optional",
  parallelism: "optional",
};
const OPTIONS: OptionNames<PasswordOptions> = {
  ...COST_OPTIONS,
  pepper: "optional",
  ceiling: "optional",
  maxConcurrent: "optional",
  maxQueue: "optional",
  legacy: "optional",
};

/**
 * Binds cost, pepper, ceiling and queue for hashing passwords with Argon2id (RFC 9106), once for the process.
 *
 * @throws TypeError when an option is misspelt or out of range
 *
 * @example
 * ```ts
 * const passwords = createPasswordHasher({ memoryCost: 65_536, timeCost: 3 });
 * const stored = await passwords.hash("correct horse battery staple");
 * await passwords.compare("correct horse battery staple", stored); // → true
 * ```
 */
export function createPasswordHasher(options: PasswordOptions = {}): PasswordHasher {
  checkOptions("createPasswordHasher", options, OPTIONS);
  const ceiling = checkCost("ceiling.", { ...DEFAULT_CEILING, ...checkCeiling(options.ceiling) });
  const cost = checkCost("", { ...DEFAULT_COST, ...options });
  if (exceeds(cost, ceiling))
    throw new TypeError("createPasswordHasher: the cost is over the ceiling; raise ceiling too");
  const pepper = checkPepper(options.pepper);
  const legacy = checkLegacy(options.legacy ?? []);
  const gate = new Gate(
    checkInteger("maxConcurrent", options.maxConcurrent ?? DEFAULT_CONCURRENT_HASHES, 1, 1_024),
    checkInteger("maxQueue", options.maxQueue ?? DEFAULT_QUEUED_HASHES, 0, 1_000_000),
  );

  const legacyOf = (hash: unknown): LegacyScheme | undefined =>
    typeof hash === "string" && hash.length <= MAX_HASH_LENGTH ? legacy.find((it) => it.recognises(hash)) : undefined;

  const canRead = (hash: unknown): hash is string => {
    const stored = readHash(hash);
    return stored === null ? legacyOf(hash) !== undefined : !exceeds(stored, ceiling) && isComputed(stored);
  };

  const matches = async (password: string, nfc: string, hash: string): Promise<boolean> => {
    const scheme = legacyOf(hash);
    if (scheme !== undefined) return legacyMatches(scheme, password, hash);
    // A hash made before passwords were normalised is one of the text as it was typed. Both are always computed, so that
    // the time doesn't tell which of them it was, or whether any was.
    const matched: boolean[] = [];
    for (const spelling of new Set([nfc, password])) {
      matched.push(await withArgon2((argon2) => argon2.verify(hash, spelling, pepper)));
    }
    return matched.includes(true);
  };

  return Object.freeze({
    canRead,
    async ready() {
      const engine = await loadEngine();
      await gate.run(() => engine.hash("ready", cost, pepper));
      return engine.name;
    },
    async hash(password: string, options?: WorkOptions) {
      const nfc = normalised(password);
      if (nfc === null) throw new AuthError("unusable_password");
      return gate.run(() => withArgon2((argon2) => argon2.hash(nfc, cost, pepper)), options);
    },
    async compare(password: string, hash: string | null | undefined, options?: WorkOptions) {
      if (typeof password !== "string") throw new AuthError("unusable_password");
      const nfc = normalised(password);
      if (nfc === null) return false;
      const readable = canRead(hash);
      const matched = await gate.run(() => matches(password, nfc, readable ? hash : unmatchedHash(cost)), options);
      return readable && matched;
    },
    needsRehash(hash: string, password?: string) {
      if (password !== undefined && legacyOf(hash)?.readsWhole?.(password) === false) return false;
      const stored = readHash(hash);
      return (
        stored?.variant !== "argon2id" || stored.version !== 19 || COSTS.some((name) => stored[name] !== cost[name])
      );
    },
  });
}

/** Another package's failure is our outage, as the addon's is. */
async function legacyMatches(scheme: LegacyScheme, password: string, hash: string): Promise<boolean> {
  try {
    return (await scheme.compare(password, hash)) === true;
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}

function checkCost(prefix: string, cost: Cost): Cost {
  const checked = COSTS.map((name) => [name, checkInteger(prefix + name, cost[name], ...COST_RANGES[name])]);
  if (!fillsLanes(cost)) throw new TypeError(`${prefix}memoryCost must be at least 8 for each lane`);
  return Object.fromEntries(checked) as Cost;
}

function checkCeiling(ceiling: Partial<Cost> = {}): Partial<Cost> {
  checkOptions("ceiling", ceiling, COST_OPTIONS);
  return ceiling;
}

function checkPepper(pepper: Uint8Array | undefined): Uint8Array | undefined {
  if (pepper === undefined) return undefined;
  const bytes = copyBytes(pepper);
  if (bytes === null || bytes.length < 16) {
    throw new TypeError("pepper must be a Uint8Array of at least 16 random bytes");
  }
  return bytes;
}

function checkLegacy(legacy: readonly LegacyScheme[]): readonly LegacyScheme[] {
  if (!Array.isArray(legacy)) throw new TypeError("legacy must be a list of schemes");
  for (const scheme of legacy) checkMethods("a legacy scheme", scheme, ["recognises", "compare"]);
  return [...legacy];
}

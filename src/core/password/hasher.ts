import { MAX_HASH_LENGTH } from "../../shared/limits.ts";
import { createWarning } from "../../shared/listener.ts";
import { refusePromise } from "../../shared/promise.ts";
import { AuthError } from "../errors.ts";
import { canCompute, loadEngine, runArgon2 } from "./argon2.ts";
import type { PasswordEngine } from "./engine.ts";
import { Gate, type GateStats, type WorkOptions } from "./gate.ts";
import type { LegacyScheme } from "./legacy.ts";
import { type PasswordOptions, readOptions } from "./options.ts";
import { exceeds, hasCost, makeUnmatchedHash, readHash } from "./phc.ts";
import { normalisePassword } from "./text.ts";

/** Hashes and compares passwords at one cost, through one queue. Made by {@link createPasswordHasher}. */
export interface PasswordHasher {
  /**
   * Hashes a password.
   *
   * @param options - the origin of the work, and a signal that ends its wait
   * @returns a PHC string, to be stored as it is
   * @throws AuthError `unusable_password` (400), `overloaded` or `unavailable` (503)
   */
  hash(password: string, options?: WorkOptions): Promise<string>;
  /**
   * Whether a password matches a stored hash. With `null`, or a hash that can't be read or costs more than the ceiling,
   * the answer is `false`, after as much work as for any other. Nobody is told of such a hash: ask `canRead`.
   *
   * @param options - the origin of the work, and a signal that ends its wait
   * @throws AuthError `unusable_password` (400) when the password is no string; `overloaded` or `unavailable` (503)
   */
  compare(password: string, hash: string | null | undefined, options?: WorkOptions): Promise<boolean>;
  /**
   * Whether a stored hash has another scheme or cost than this hasher's. If so, replace it when its password is at
   * hand.
   *
   * @param password - the password that matched. Some schemes read only the beginning of a long one. For such a
   * password the answer is `false`: the hash may be that of a longer password, which a new hash would lock out.
   */
  needsRehash(hash: string, password?: string): boolean;
  /** Tells how full the queue is, for a monitor. */
  stats(): GateStats;
  /** Whether {@link PasswordHasher.compare} can read a stored hash. A hash that it can't read never matches. */
  canRead(hash: string): boolean;
  /**
   * Loads the code that computes Argon2, and hashes once. So a service finds out when it starts, and not at its first
   * login, whether it can hash. By default the code is loaded for the first password.
   *
   * @returns which code it is: the native addon of `@node-rs/argon2`, or, where that is missing, the runtime's own
   * `crypto.argon2`. The latter makes the same hashes, takes some three times as long, and can't read those with `v=16`
   * @throws Error that says for which machine the addon is missing, and what to do about it
   *
   * @example
   * ```ts
   * const passwords = createPasswordHasher();
   * await passwords.ready(); // → "@node-rs/argon2"
   * ```
   */
  ready(): Promise<PasswordEngine>;
}

/** The part of a {@link PasswordHasher} that an authenticator needs. An application's own hasher may lack the rest. */
export type PasswordChecker = Pick<PasswordHasher, "hash" | "compare" | "needsRehash"> & Partial<PasswordHasher>;

const NO_COST = "a hash takes no cost of its own: give it to createPasswordHasher({ memoryCost, timeCost })";
const SWAPPED = "A hash was compared as if it were the password: give (password, hash), in this order";

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
  const { cost, ceiling, pepper, legacy, maxConcurrent, maxQueue } = readOptions(options);
  const gate = new Gate(maxConcurrent, maxQueue);
  const warn = createWarning();

  const findLegacy = (hash: unknown): LegacyScheme | undefined => {
    if (typeof hash !== "string" || hash.length > MAX_HASH_LENGTH) return undefined;
    return legacy.find((scheme) => recognises(scheme, hash));
  };

  const canRead = (hash: unknown): hash is string => {
    refusePromise("the stored hash", hash);
    const stored = readHash(hash);
    return stored === null ? findLegacy(hash) !== undefined : !exceeds(stored, ceiling) && canCompute(stored);
  };

  const matches = async (password: string, nfc: string, hash: string): Promise<boolean> => {
    const scheme = findLegacy(hash);
    if (scheme !== undefined) return matchesLegacy(scheme, password, hash);
    // A hash may be older than normalisation, and be that of the text as it was typed. Both texts are always tried, so
    // that the time doesn't tell which of them matched.
    const matched: boolean[] = [];
    for (const spelling of new Set([nfc, password])) {
      matched.push(await runArgon2((argon2) => argon2.verify(hash, spelling, pepper)));
    }
    return matched.includes(true);
  };

  return Object.freeze({
    canRead,
    stats: () => gate.stats,
    async ready() {
      const engine = await loadEngine();
      await gate.run(() => engine.hash("ready", cost, pepper));
      return engine.name;
    },
    async hash(password: string, options?: WorkOptions) {
      refusePromise("the password", password);
      if (typeof options === "number") throw new TypeError(NO_COST);
      const nfc = normalisePassword(password);
      if (nfc === null) throw new AuthError("unusable_password");
      return gate.run(() => runArgon2((argon2) => argon2.hash(nfc, cost, pepper)), options);
    },
    async compare(password: string, hash: string | null | undefined, options?: WorkOptions) {
      refusePromise("the password", password);
      if (typeof password !== "string") throw new AuthError("unusable_password");
      const nfc = normalisePassword(password);
      if (nfc === null) return false;
      const isReadable = canRead(hash);
      // A warning and not an error: the client chooses the password, and an error would tell it which hashes can't be
      // read.
      const isSwapped = readHash(password) !== null && typeof hash === "string" && !isReadable;
      if (isSwapped) warn(SWAPPED);
      const stored = isReadable ? hash : makeUnmatchedHash(cost);
      const isMatch = await gate.run(() => matches(password, nfc, stored), options);
      return isReadable && isMatch;
    },
    needsRehash(hash: string, password?: string) {
      refusePromise("the stored hash", hash);
      if (password !== undefined && findLegacy(hash)?.readsWhole?.(password) === false) return false;
      const stored = readHash(hash);
      return stored?.variant !== "argon2id" || stored.version !== 19 || !hasCost(stored, cost);
    },
  });
}

/** Asks another scheme whether a hash is one of its own. An error of the scheme is an outage. */
function recognises(scheme: LegacyScheme, hash: string): boolean {
  try {
    return scheme.recognises(hash);
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}

/** Compares by another scheme. An error of its package is an outage, just as an error of the addon is. */
async function matchesLegacy(scheme: LegacyScheme, password: string, hash: string): Promise<boolean> {
  try {
    return (await scheme.compare(password, hash)) === true;
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}

import { checkInteger, checkOptions } from "../../shared/options.ts";

/**
 * Another scheme whose hashes are still in the database. They are compared, and replaced at the next successful login.
 */
export interface LegacyScheme {
  /**
   * Whether a stored hash has this scheme, and is cheap enough to compare. It gets strings of at most 512 characters.
   */
  readonly recognises: (hash: string) => boolean;
  /** Compares a password, as the user typed it, with such a hash. */
  readonly compare: (password: string, hash: string) => Promise<boolean>;
  /**
   * Whether the scheme reads all of a password. If it reads only the beginning, a password that matches may not be the
   * whole one, and its hash is not replaced. By default all of every password is read.
   */
  readonly readsWhole?: (password: string) => boolean;
}

const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

/** How many bytes of a password bcrypt reads. It ignores the rest. */
const BCRYPT_BYTES = 72;

/**
 * Reads the bcrypt hashes in a database with the bcrypt package that the application has: `$2a$`, `$2b$`, and PHP's
 * `$2y$`, which is the same as `$2b$`. `$2x$` marks hashes of a faulty version of PHP, and is not read.
 *
 * bcrypt reads 72 bytes of a password. The hash of a password that long is not replaced, since the user's whole
 * password may be longer.
 *
 * @param compare - `compare` of `bcrypt`, `bcryptjs` or `@node-rs/bcrypt`
 * @param options - `maxCost`: the highest cost to compare at, 4 to 31; 14 by default. A stored `$2b$31$` would take
 * days.
 * @throws TypeError when `compare` is not a function or `maxCost` is out of range
 *
 * @example
 * ```ts
 * import bcrypt from "bcryptjs";
 * const passwords = createPasswordHasher({ legacy: [bcryptHashes(bcrypt.compare)] });
 * ```
 */
export function bcryptHashes(
  compare: LegacyScheme["compare"],
  options: { readonly maxCost?: number } = {},
): LegacyScheme {
  if (typeof compare !== "function") throw new TypeError("bcryptHashes takes the compare function of a bcrypt package");
  checkOptions("bcryptHashes", options, { maxCost: "optional" });
  const maxCost = checkInteger("maxCost", options.maxCost ?? 14, 4, 31);
  return {
    recognises: (hash) => Number(BCRYPT.exec(hash)?.[1]) <= maxCost,
    // Most packages compute the same, and don't know PHP's name for it.
    compare: (password, hash) => compare(password, hash.startsWith("$2y$") ? `$2b$${hash.slice(4)}` : hash),
    readsWhole: (password) => Buffer.byteLength(password) < BCRYPT_BYTES,
  };
}

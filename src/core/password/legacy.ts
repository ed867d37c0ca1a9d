import { checkInteger, checkOptions } from "../../shared/options.ts";

/** Hashes of another scheme that are still in the database: they are compared, and renewed at the next good login. */
export interface LegacyScheme {
  /** Whether a stored hash is of this scheme, and cheap enough to compare. Gets strings of at most 512 characters. */
  readonly recognises: (hash: string) => boolean;
  /** Whether a password has such a hash. Gets the password as the user typed it. */
  readonly compare: (password: string, hash: string) => Promise<boolean>;
  /**
   * Whether a password that matches is the whole of the one that was hashed, as far as the scheme can tell. After one that
   * may be but its beginning, the hash is not renewed. All are whole by default.
   */
  readonly readsWhole?: (password: string) => boolean;
}

const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

/** How many bytes of a password bcrypt reads. It passes over the rest. */
const BCRYPT_BYTES = 72;

/**
 * Lets bcrypt hashes go on working, by the bcrypt package that the application has: `$2a$`, `$2b$`, and the `$2y$` of PHP,
 * which is the same as `$2b$`. `$2x$` is of an old fault in PHP, and is not read.
 *
 * bcrypt reads 72 bytes of a password. A hash that such a long one matched is not renewed, since it may be of a longer one.
 *
 * @param compare - `compare` of `bcrypt`, `bcryptjs` or `@node-rs/bcrypt`
 * @param options - `maxCost`: the highest cost to compare at, 4 to 31; 14 by default. A stored `$2b$31$` would take days.
 * @throws TypeError when `compare` is no function or `maxCost` is out of range
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
    // Most packages don't know PHP's name for what they all compute.
    compare: (password, hash) => compare(password, hash.startsWith("$2y$") ? `$2b$${hash.slice(4)}` : hash),
    readsWhole: (password) => Buffer.byteLength(password) < BCRYPT_BYTES,
  };
}

import { checkInteger, checkOptions } from "../../shared/options.ts";

/** Hashes of another scheme that are still in the database: they are compared, and renewed at the next good login. */
export interface LegacyScheme {
  /** Whether a stored hash is of this scheme, and cheap enough to compare. Gets strings of at most 512 characters. */
  readonly recognises: (hash: string) => boolean;
  /** Whether a password has such a hash. Gets the password as the user typed it. */
  readonly compare: (password: string, hash: string) => Promise<boolean>;
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Lets bcrypt hashes go on working, by the bcrypt package that the application has.
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
  return { recognises: (hash) => Number(BCRYPT.exec(hash)?.[1]) <= maxCost, compare };
}

import { createWarning } from "../../shared/listener.ts";
import type { WorkOptions } from "./gate.ts";
import { createPasswordHasher, type PasswordHasher } from "./hasher.ts";
import { identifyScheme } from "./scheme.ts";

const REMEDY =
  "createPasswordHasher({ legacy }) reads other schemes, and { ceiling } higher costs. Further ones are not warned of";

/** The hasher of the process, with its queue, for callers that have no hasher of their own. */
export const defaultHasher: PasswordHasher = /* @__PURE__ */ createPasswordHasher();

/**
 * Hashes a password with Argon2id (RFC 9106) at m=19456 KiB, t=2, p=1, as OWASP advises. {@link createPasswordHasher}
 * is for another cost, a pepper, or a queue of your own.
 *
 * At most two hashes are computed at a time, and 256 more wait.
 *
 * @param password - 1 to 1024 characters of well-formed Unicode; it is normalised to NFC
 * @param options - the origin of the work, and a signal that ends its wait
 * @returns a PHC string, to be stored as it is
 * @throws AuthError `unusable_password` (400) for any other value, `overloaded` or `unavailable` (503)
 *
 * @example
 * ```ts
 * const passwordHash = await hashPassword("correct horse battery staple");
 * ```
 */
export function hashPassword(password: string, options?: WorkOptions): Promise<string> {
  return defaultHasher.hash(password, options);
}

/**
 * Whether a password matches a stored hash. Pass `null` for a user who does not exist: the answer is `false`, and takes
 * as long as for one who does exist, so that nobody can tell the two apart. The same holds for a hash that can't be
 * read, or that needs more than 256 MiB, 16 passes or 16 lanes. The process is warned of the first such hash, by the
 * name of its scheme. {@link createPasswordHasher} reads those of other schemes, and its `canRead` tells of each.
 *
 * @param password - what the user typed
 * @param hash - what {@link hashPassword} gave, or any PHC string of Argon2
 * @param options - the origin of the work, and a signal that ends its wait
 * @throws AuthError `unusable_password` (400) when the password is not a string; `overloaded` or `unavailable` (503)
 *
 * @example
 * ```ts
 * const user = await findUser(login);
 * if (!(await comparePassword(password, user?.passwordHash))) throw new AuthError("invalid_credentials");
 * ```
 */
export function comparePassword(
  password: string,
  hash: string | null | undefined,
  options?: WorkOptions,
): Promise<boolean> {
  warnOfUnreadable(password, hash);
  return defaultHasher.compare(password, hash, options);
}

const warn = /* @__PURE__ */ createWarning();

/** Warns of the first stored hash that can't be read. The hasher itself warns where the arguments are swapped. */
function warnOfUnreadable(password: unknown, hash: unknown): void {
  if (typeof hash !== "string" || defaultHasher.canRead(hash)) return;
  if (typeof password === "string" && defaultHasher.canRead(password)) return;
  warn(
    `hallpass: comparePassword can't read a stored hash (scheme: ${identifyScheme(hash)}), so it answers false: ${REMEDY}`,
  );
}

/**
 * Whether a stored hash has another scheme or cost than {@link hashPassword} gives. If so, replace it at the user's
 * next login.
 *
 * @example
 * ```ts
 * if (needsRehash(user.passwordHash)) await save(user.id, await hashPassword(password));
 * ```
 */
export function needsRehash(hash: string): boolean {
  return defaultHasher.needsRehash(hash);
}

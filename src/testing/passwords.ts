import { createPasswordHasher, type PasswordHasher } from "../core/password/hasher.ts";

/**
 * Creates a password hasher at the lowest cost that Argon2 allows, so that tests don't wait for it. Its hashes protect
 * nothing: keep it out of production.
 *
 * @example
 * ```ts
 * const passwords = cheapPasswords();
 * const auth = createAuthenticator({ token, users, passwords });
 * ```
 */
export function cheapPasswords(): PasswordHasher {
  return createPasswordHasher({ memoryCost: 8, timeCost: 1 });
}

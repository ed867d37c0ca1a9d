import { createPasswordHasher, type PasswordHasher } from "../core/password/hasher.ts";

/**
 * A password hasher at the least cost that Argon2 has, so that tests that log in take no time. Its hashes protect nothing:
 * keep it out of production.
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

import { AuthError } from "../core/errors.ts";
import type { SessionStart } from "../sessions/start-session.ts";
import { readTime } from "../shared/date.ts";
import { expectUser } from "../store-calls/user-answers.ts";
import type { User } from "../stores/contract.ts";
import { createCredentialsError, findCredentials } from "./credentials.ts";
import { comparePasswords, explainUnreadableHash } from "./hashing.ts";
import type { Proof } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** How often other logins may renew the hash while one login confirms it. */
const TRIES = 3;

/**
 * Confirms a proof by reading the user again. Comparing passwords takes time, so a user who was disabled or whose
 * password was changed meanwhile is refused. The date of the password's change is read before the hash: if the hash is
 * still the same, both are current.
 */
export async function confirmProof<U extends User>(
  settings: LoginSettings<U>,
  { claimant, user: { id }, password, passwordHash }: Proof<U>,
): Promise<Pick<SessionStart<U>, "user" | "passwordChangedAt">> {
  let known = passwordHash;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const passwordChangedAt = settings.refresh === null ? null : await readPasswordChange(settings, id);
    const { found } = await findCredentials(settings, claimant);
    if (found === null || found.user.id !== id || found.user.disabled) throw createCredentialsError(settings);
    if (found.passwordHash === known) return { user: found.user, passwordChangedAt };
    const matching = await comparePasswords(settings, [password], found.passwordHash, undefined);
    if (matching === null) throw createCredentialsError(settings, explainUnreadableHash(settings, found));
    known = found.passwordHash as string;
  }
  throw createChangingHashError();
}

/** Makes the error of a login or a change of password that found a different hash each time it tried. */
export function createChangingHashError(): AuthError {
  return new AuthError("unavailable", { cause: new Error("the user's password hash is being replaced all the time") });
}

/** Reads when the user's password last changed, by the same store method as a refresh. */
async function readPasswordChange<U extends User>(settings: LoginSettings<U>, id: string): Promise<Date | null> {
  const { users, budget } = settings;
  const find = async () => users.findById(id);
  const user = await budget.callStore("users.findById", find, expectUser(id));
  if (user === null || user.disabled) throw createCredentialsError(settings);
  const changedAt = readTime(user.passwordChangedAt);
  return Number.isNaN(changedAt) ? null : new Date(changedAt);
}

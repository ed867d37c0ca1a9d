import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import type { User } from "../stores/contract.ts";
import { isBoolean } from "./answers.ts";
import { ask } from "./ask.ts";
import { type LoginOrigin, prove } from "./login.ts";
import { logoutEverywhere } from "./logout.ts";
import { type LoginResult, openSession } from "./session.ts";
import type { FlowSettings } from "./settings.ts";

/** Puts another password in the place of one that its user knows, ends all sessions, and begins one for who did it. */
export async function changePassword<U extends User>(
  settings: FlowSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<LoginResult<U>> {
  const { users, passwords, token, storeTimeoutMs, realm } = settings;
  if (typeof users.replacePasswordHash !== "function") {
    throw new TypeError("changePassword needs a user store with replacePasswordHash");
  }
  const { newPassword } = (input ?? {}) as { newPassword?: unknown };
  const { user, passwordHash } = await prove(settings, input, origin);
  const next = await passwords.hash(newPassword as string);
  const changedAt = new Date(readClock(token.now));
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next, changedAt);
  const replaced = await ask("users.replacePasswordHash", storeTimeoutMs, replace, isBoolean);
  // Somebody else changed it since it was read: what was proved was the password of before.
  if (!replaced) throw new AuthError("invalid_credentials", { realm });
  await logoutEverywhere(settings, user.id);
  return openSession(settings, { ...user, passwordChangedAt: changedAt });
}

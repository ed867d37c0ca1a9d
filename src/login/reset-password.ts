import { readClock } from "../core/time.ts";
import { logoutEverywhere } from "../sessions/logout-everywhere.ts";
import { checkUserId } from "../shared/user-id.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import { createCredentialsError } from "./credentials.ts";
import { hashInTime } from "./hashing.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Sets the password of a user who authenticated in another way, and ends all of the user's sessions. The hash is stored
 * first, so that a concurrent login with the old password is refused by one of the two steps. After a 503, it can be
 * repeated.
 */
export async function resetPassword<U extends User>(
  settings: LoginSettings<U>,
  userId: string,
  newPassword: unknown,
): Promise<void> {
  const { users, token, budget } = settings;
  if (typeof users.setPasswordHash !== "function") {
    throw new TypeError("resetPassword needs a user store with setPasswordHash");
  }
  checkUserId(userId);
  const next = await hashInTime(settings, newPassword, undefined);
  const changedAt = new Date(readClock(token.now));
  const set = async () => users.setPasswordHash?.(userId, next, changedAt);
  if (!(await budget.callStore("users.setPasswordHash", set, checkBoolean))) {
    throw createCredentialsError(settings, new Error("there is no user with this id"));
  }
  await logoutEverywhere(settings, userId);
  settings.emit(() => ({ type: "password_reset", userId }));
}

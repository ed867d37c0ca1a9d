import { readTime } from "../shared/date.ts";
import { expectUser } from "../store-calls/user-answers.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import type { IssuingSettings } from "./settings.ts";

/** Reads a session's user; `null` where the user is gone or disabled, or the password has changed since. */
export async function findOwner<U extends User>(
  { users, budget }: IssuingSettings<U>,
  { userId, passwordChangedAt }: StoredSession,
): Promise<U | null> {
  const find = async () => users.findById(userId);
  const user = await budget.callStore("users.findById", find, expectUser(userId));
  // The dates are compared for equality: clocks differ, so that none could say which date is later.
  const isSamePassword = Object.is(readTime(user?.passwordChangedAt), readTime(passwordChangedAt));
  return user === null || user.disabled || !isSamePassword ? null : user;
}

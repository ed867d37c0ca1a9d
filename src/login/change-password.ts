import { findAddressShare } from "../core/http/address.ts";
import { readClock } from "../core/time.ts";
import { logoutEverywhere } from "../sessions/logout-everywhere.ts";
import { readMarks } from "../sessions/marks.ts";
import type { LoginResult } from "../sessions/result.ts";
import { checkSessionOptions, type SessionOptions } from "../sessions/session-options.ts";
import { isText } from "../shared/text.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import { hashKeepsChanging } from "./confirm.ts";
import { readCredentials } from "./credentials.ts";
import { hashPassword } from "./hashing.ts";
import { describePasswordSession, endFormerSession, startProvenSession } from "./login.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** How often others may replace the stored hash while one change goes on. */
const TRIES = 3;

/**
 * Changes the password of a user who knows the present one, ends all of the user's sessions, and starts one for whoever
 * changed it.
 *
 * The new password is accepted as a proof too. So a client that was told 503 may send the same request again, and
 * completes a change that was interrupted.
 */
export async function changePassword<U extends User>(
  settings: LoginSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
  options: SessionOptions = {},
): Promise<LoginResult<U>> {
  const { users, token } = settings;
  const wishes = checkSessionOptions("changePassword", settings.refresh, options);
  if (typeof users.replacePasswordHash !== "function") {
    throw new TypeError("changePassword needs a user store with replacePasswordHash");
  }
  const { name, password } = readCredentials(input);
  const { newPassword } = input as { newPassword?: unknown };
  const candidates = isText(newPassword) && newPassword !== password ? [password, newPassword] : [password];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const proof = await proveUser(settings, { login: name }, candidates, origin);
    const passwordHash = await replacePassword(settings, proof, newPassword, origin);
    if (passwordHash === null) continue; // Another request replaced the hash, perhaps this same one, sent twice.
    await endFormerSession(settings, origin);
    await logoutEverywhere(settings, proof.user.id);
    const decidedAt = readClock(token.now);
    const marks = await readMarks(settings, proof.user.id);
    const next = { ...proof, password: newPassword as string, passwordHash, decidedAt, marks };
    return startProvenSession(settings, next, describePasswordSession(wishes, proof.decidedAt, origin));
  }
  throw hashKeepsChanging();
}

/**
 * Replaces the stored hash by one of the new password.
 *
 * @returns the hash that is stored; `null` where another one than the proof's was stored meanwhile
 */
async function replacePassword<U extends User>(
  settings: LoginSettings<U>,
  { user, password, passwordHash }: Proof<U>,
  newPassword: unknown,
  { ip }: LoginOrigin,
): Promise<string | null> {
  const { users, token, budget } = settings;
  if (password === newPassword) return passwordHash;
  const next = await hashPassword(settings, newPassword, findAddressShare(ip));
  const changedAt = new Date(readClock(token.now));
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next, changedAt);
  return (await budget.callStore("users.replacePasswordHash", replace, checkBoolean)) ? next : null;
}

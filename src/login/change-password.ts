import type { FlowSettings } from "../authenticator/settings.ts";
import { AuthError } from "../core/errors.ts";
import { addressShare } from "../core/http/address.ts";
import { readClock } from "../core/time.ts";
import { logoutEverywhere } from "../sessions/logout.ts";
import { readMarks } from "../sessions/marks.ts";
import type { LoginResult } from "../sessions/session.ts";
import { isText } from "../shared/text.ts";
import { checkBoolean } from "../store-calls/answers.ts";
import type { User } from "../stores/contract.ts";
import { hashPassword } from "./hashing.ts";
import { beginSession, credentialsIn, endFormerSession, type LoginOrigin, type Proof, prove } from "./login.ts";

/** How often the stored hash may be replaced by others while one change goes on. */
const TRIES = 3;

/**
 * Puts another password in the place of one that its user knows, ends all sessions, and begins one for who did it.
 *
 * Whoever knows the new password already completes a change that was interrupted, so that a client that was told 503 may
 * send it again.
 */
export async function changePassword<U extends User>(
  settings: FlowSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<LoginResult<U>> {
  const { users, token } = settings;
  if (typeof users.replacePasswordHash !== "function") {
    throw new TypeError("changePassword needs a user store with replacePasswordHash");
  }
  const { name, password } = credentialsIn(input);
  const { newPassword } = input as { newPassword?: unknown };
  const candidates = isText(newPassword) && newPassword !== password ? [password, newPassword] : [password];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const proof = await prove(settings, name, candidates, origin);
    const passwordHash = await replacePassword(settings, proof, newPassword, origin);
    if (passwordHash === null) continue; // Somebody else replaced the hash, perhaps this same request sent twice.
    await endFormerSession(settings, origin);
    await logoutEverywhere(settings, proof.user.id);
    const decidedAt = readClock(token.now);
    const marks = await readMarks(settings, proof.user.id);
    return beginSession(settings, { ...proof, password: newPassword as string, passwordHash, decidedAt, marks });
  }
  throw new AuthError("unavailable", { cause: new Error("the user's password hash is being replaced all the time") });
}

/** The hash of the new password once it is stored; `null` where another one than was read is stored. */
async function replacePassword<U extends User>(
  settings: FlowSettings<U>,
  { user, password, passwordHash }: Proof<U>,
  newPassword: unknown,
  { ip }: LoginOrigin,
): Promise<string | null> {
  const { users, token, budget } = settings;
  if (password === newPassword) return passwordHash;
  const next = await hashPassword(settings, newPassword, addressShare(ip));
  const changedAt = new Date(readClock(token.now));
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next, changedAt);
  return (await budget.ask("users.replacePasswordHash", replace, checkBoolean)) ? next : null;
}

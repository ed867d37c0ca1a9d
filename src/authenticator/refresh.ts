import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { tell } from "../shared/listener.ts";
import type { StoredRefreshToken, User } from "../stores/contract.ts";
import { isOutcome, isUserOrNull } from "./answers.ts";
import { ask } from "./ask.ts";
import { endSession } from "./logout.ts";
import { findRefreshToken, newRefreshToken } from "./refresh-token.ts";
import { issueAccess, type SessionResult } from "./session.ts";
import type { FlowSettings, SessionSettings } from "./settings.ts";

/**
 * Takes a refresh token and gives the next one, with a fresh access token (RFC 9700 §4.14.2). Nothing is spent before all
 * that can fail has been done, so that a client may try again after an outage.
 */
export async function refresh<U extends User>(
  settings: FlowSettings<U> & SessionSettings,
  refreshToken: unknown,
): Promise<SessionResult<U>> {
  const { token, storeTimeoutMs } = settings;
  const { store, reuseGrace } = settings.refresh;
  const found = await findRefreshToken(settings, refreshToken);
  const now = readClock(token.now);
  if (found === null || !(found.expiresAt.getTime() > now)) throw refused(settings);
  const graceFrom = now - reuseGrace;
  if (isReused(found, graceFrom)) return stolen(settings, found);

  const { session } = found;
  const user = await ownerOf(settings, found);
  const access = await issueAccess(settings, user, session.sid);
  const { stored, given } = newRefreshToken(settings.refresh, session, now);
  if (given.refreshExpiresIn <= 0) throw refused(settings);
  const spend = async () => store.spend(found, stored, new Date(now), new Date(graceFrom));
  const outcome = await ask("refresh.spend", storeTimeoutMs, spend, isOutcome);
  if (outcome === "reused") return stolen(settings, found);
  if (outcome === "ended") throw refused(settings);
  return { ...access, ...given };
}

/** Whether a token had been spent before the grace began. With a grace of none, spent at all. */
function isReused({ spentAt }: StoredRefreshToken, graceFrom: number): boolean {
  return spentAt !== null && spentAt.getTime() < graceFrom;
}

/** Two hold the token, and nobody knows which one stole it: the session ends for both. */
async function stolen(settings: SessionSettings, { session }: StoredRefreshToken): Promise<never> {
  const { sid, userId } = session;
  await endSession(settings, sid, userId);
  tell(settings.refresh.onReuse, { sid, userId });
  throw refused(settings);
}

/** The session's user as of now: one who is gone, disabled, or has another password since gets no more tokens. */
async function ownerOf<U extends User>(
  settings: FlowSettings<U> & SessionSettings,
  { session: { userId, createdAt } }: StoredRefreshToken,
): Promise<U> {
  const { users, storeTimeoutMs } = settings;
  const find = async () => users.findById(userId);
  const user = await ask("users.findById", storeTimeoutMs, find, (answer) => isUserOrNull(answer, userId));
  if (user === null || user.disabled || (user.passwordChangedAt ?? createdAt) > createdAt) throw refused(settings);
  return user;
}

function refused({ realm }: SessionSettings): AuthError {
  return new AuthError("invalid_refresh_token", { realm });
}

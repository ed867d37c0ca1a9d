import { readClock } from "../core/time.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { readDetails, type SessionDetails } from "./details.ts";
import { findSessions } from "./find-sessions.ts";
import { findOwner } from "./owner.ts";
import { createSuccessor } from "./refresh-token.ts";
import type { IssuingSettings, SessionSettings } from "./settings.ts";
import { useRefreshToken } from "./use-refresh-token.ts";

/** What is known about a refresh token. */
export interface RefreshTokenInfo extends Pick<SessionDetails, "authenticatedAt" | "methods" | "acr"> {
  /** The user whose session it belongs to. */
  readonly userId: string;
  /** The session. */
  readonly sid: string;
  /** When the session began. */
  readonly createdAt: Date;
  /** When the session expires, unless it is refreshed before. */
  readonly expiresAt: Date;
  /**
   * Whether a refresh would take it now. It would not where the user is gone or disabled, or the password has changed
   * since.
   */
  readonly active: boolean;
}

/** Whose a refresh token is. Whether it is active is left out, since only the user store can tell. */
export type RefreshTokenOwner = Omit<RefreshTokenInfo, "active">;

/** Describes a refresh token without using it. A reused token does not end its session here. */
export async function inspectRefreshToken<U extends User>(
  settings: IssuingSettings<U> & SessionSettings,
  sent: unknown,
): Promise<RefreshTokenInfo | null> {
  const now = readClock(settings.token.now);
  const [found] = await findSessions(settings, sent);
  if (found === undefined) return null;
  const { session, refreshToken } = found;
  const active = isRefreshable(settings, session, refreshToken, now) && (await findOwner(settings, session)) !== null;
  return { ...describeOwner(session), active };
}

/** Finds whose a refresh token is, by the refresh store alone, which is enough to end its session. */
export async function findRefreshTokenOwner(
  settings: SessionSettings,
  sent: unknown,
): Promise<RefreshTokenOwner | null> {
  const [found] = await findSessions(settings, sent);
  return found === undefined ? null : describeOwner(found.session);
}

function describeOwner(session: StoredSession): RefreshTokenOwner {
  const { userId, sid, createdAt, expiresAt } = session;
  const { authenticatedAt, methods, acr } = readDetails(session);
  return { userId, sid, createdAt, expiresAt, authenticatedAt, methods, acr };
}

function isRefreshable(settings: SessionSettings, session: StoredSession, sent: string, now: number): boolean {
  const isLiving = session.ended === null && session.expiresAt.getTime() > now;
  return isLiving && useRefreshToken(settings, session, sent, createSuccessor(sent), now) !== "theft";
}

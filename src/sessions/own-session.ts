import { AuthError } from "../core/errors.ts";
import { MAX_REFRESH_ATTEMPTS } from "../shared/limits.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { StoredSession } from "../stores/contract.ts";
import { createSessionOverError } from "./access-token.ts";
import { findLivingSessions } from "./list-sessions.ts";
import type { SessionSettings } from "./settings.ts";

/** The session that an identity says it belongs to. */
export interface OwnSession {
  readonly userId: string;
  readonly sid: string;
}

/**
 * Finds the living session of an identity.
 *
 * @throws AuthError `revoked` (401) where it has ended, and its access tokens with it
 */
export async function findOwnSession(settings: SessionSettings, { userId, sid }: OwnSession): Promise<StoredSession> {
  const session = (await findLivingSessions(settings, userId)).find((it) => it.sid === sid);
  if (session !== undefined) return session;
  throw createSessionOverError(settings.realm);
}

/** Computes what changes in a session beside its refreshes. */
export type SessionChange = (session: StoredSession) => Pick<StoredSession, "passwordChangedAt" | "details">;

/**
 * Changes the living session of an identity. Where a refresh replaces it at the same time, both changes are kept.
 *
 * @param known - the session as it was found just now; if it is not given, it is read
 * @throws AuthError `revoked` (401) where it has ended
 */
export async function changeOwnSession(
  settings: SessionSettings,
  own: OwnSession,
  change: SessionChange,
  known?: StoredSession,
): Promise<void> {
  let session = known ?? (await findOwnSession(settings, own));
  for (let tries = 0; tries < MAX_REFRESH_ATTEMPTS; tries += 1) {
    const next = { ...session, ...change(session), revision: session.revision + 1 };
    if (await replaceSession(settings, session, next)) return;
    session = await findOwnSession(settings, own);
  }
  throw new AuthError("unavailable", { cause: new Error("the session is being refreshed all the time") });
}

/** Replaces a session's record, if it is still the one that was read (compare-and-swap). */
export async function replaceSession(
  { refresh: { store }, budget }: SessionSettings,
  session: StoredSession,
  next: StoredSession,
): Promise<boolean> {
  return budget.callStore("refresh.replaceSession", async () => store.replaceSession(session, next), checkBoolean);
}

import { MAX_REVOKED_SESSIONS } from "../shared/limits.ts";
import { ignore } from "../shared/listener.ts";
import { checkIdsOrNull } from "../store-calls/session-answers.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { type SessionDetails, writeDetails } from "./details.ts";
import { revokeSession } from "./end-session.ts";
import { computeExpiry, countSeconds } from "./expiry.ts";
import { dateTokens } from "./marks.ts";
import { createRefreshToken, digestRefreshToken } from "./refresh-token.ts";
import type { LoginResult, SessionResult } from "./result.ts";
import { startRotation, writeRotation } from "./rotation.ts";
import type { FlowSettings, SessionSettings } from "./settings.ts";
import { createSid } from "./status.ts";
import { createLoggedOutError, type Decision, issueUncutToken } from "./uncut-token.ts";

/** A user who may have a session, and what the decision rests on. */
export interface SessionStart<U extends User> extends Decision<U> {
  /** The instant before the first read that the decision rests on, in milliseconds since 1970. */
  readonly decidedAt: number;
  /** The user's `passwordChangedAt`, as `findById` gives it. */
  readonly passwordChangedAt: Date | null;
  /** What the session stores, and its access tokens say. */
  readonly details: SessionDetails;
}

/**
 * Issues a user's tokens, and starts a session where sessions are kept. Both are dated by the decision.
 *
 * @throws AuthError `invalid_credentials` (401) where the user was logged out everywhere since the marks were read
 */
export async function startSession<U extends User>(
  settings: FlowSettings,
  start: SessionStart<U>,
): Promise<LoginResult<U>> {
  const { refresh } = settings;
  const { user, decidedAt, marks, passwordChangedAt, details } = start;
  const date = await dateTokens(settings, decidedAt, marks.revokedUpTo);
  if (refresh === null) {
    const access = await issueUncutToken(settings, start, null, date, details);
    tellStart(settings, user.id, null, details);
    return access;
  }
  const sid = await createSid({ ...settings, refresh }, date);
  const expiresAt = computeExpiry(refresh, details, date, date);
  const access = await issueUncutToken(settings, start, { sid, expiresAt }, date, details);
  const refreshToken = createRefreshToken();
  const { family, token } = digestRefreshToken(refreshToken);
  const createdAt = new Date(date);
  const session: StoredSession = {
    sid,
    userId: user.id,
    createdAt,
    lastUsedAt: createdAt,
    family,
    expiresAt,
    passwordChangedAt,
    rotation: writeRotation(startRotation(token)),
    details: writeDetails(details, createdAt),
    revision: 0,
    ended: null,
  };
  await storeSession({ ...settings, refresh }, session, marks.endings);
  tellStart(settings, user.id, sid, details);
  const refreshExpiresIn = countSeconds(date, expiresAt);
  return { ...access, refreshToken, refreshExpiresIn, persistent: details.persistent } as SessionResult<U>;
}

/** Reports that a session began. The list of methods is frozen, since listeners share it. */
function tellStart(
  { emit }: FlowSettings,
  userId: string,
  sid: string | null,
  { methods }: Pick<SessionDetails, "methods">,
): void {
  emit(() => ({ type: "session_started", userId, sid, methods: Object.freeze([...methods]) }));
}

async function storeSession(settings: SessionSettings, session: StoredSession, endings: number): Promise<void> {
  const { refresh, budget, emit } = settings;
  const { store, maxSessions } = refresh;
  const { sid, userId } = session;
  let started: Promise<unknown> | undefined;
  const start = () => {
    const answer = (async () => store.startSession(session, endings, maxSessions))();
    started = answer;
    return answer;
  };
  let deleted: readonly string[] | null;
  try {
    deleted = await budget.callStore("refresh.startSession", start, checkIdsOrNull);
  } catch (outage) {
    // The store may have started the session all the same. Nobody will hold its token, so it is deleted.
    const forget = () => store.endSession(sid, userId, "logout").then(() => store.deleteSessions(userId, [sid]));
    void started?.then(forget, forget).catch(ignore);
    throw outage;
  }
  if (deleted === null) throw createLoggedOutError(settings);
  // These sessions made room for this one. Access tokens that can't be revoked expire by themselves.
  const revoked = deleted.slice(0, MAX_REVOKED_SESSIONS);
  await Promise.allSettled(revoked.map((other) => revokeSession(settings, other, userId)));
  for (const other of deleted) emit(() => ({ type: "session_ended", userId, sid: other, reason: "limit" }));
}

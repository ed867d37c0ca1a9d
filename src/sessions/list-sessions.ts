import { readClock } from "../core/time.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import { checkUserId } from "../shared/user-id.ts";
import { expectUserSessions } from "../store-calls/session-answers.ts";
import type { Session, StoredSession } from "../stores/contract.ts";
import { readDetails } from "./details.ts";
import type { SessionDevice } from "./device.ts";
import type { SessionSettings } from "./settings.ts";

/** One of a user's sessions, for an account page. */
export interface ListedSession extends Session {
  /** The device that it began on, as far as it is known. */
  readonly device: SessionDevice;
  /** The methods by which the user last authenticated (RFC 8176), such as `["pwd"]`. */
  readonly methods: readonly string[];
  /** When the user last authenticated. */
  readonly authenticatedAt: Date;
  /** Whether a browser keeps the session when it is closed. */
  readonly persistent: boolean;
  /** Whether it is the session of the identity that `sessions` was given; `false` if that was given a user's id. */
  readonly current: boolean;
}

/** Lists a user's sessions, the last used first. */
export async function listSessions(
  settings: SessionSettings,
  who: string | Identity,
): Promise<readonly ListedSession[]> {
  const { userId, sid } = isIdentity(who) ? who : { userId: who, sid: null };
  checkUserId(userId);
  return (await findLivingSessions(settings, userId)).map((session) => describeSession(session, sid));
}

/** Reads a user's living sessions. */
export async function findLivingSessions(
  { refresh, token, budget }: SessionSettings,
  userId: string,
): Promise<readonly StoredSession[]> {
  const list = async () => refresh.store.sessions(userId, new Date(readClock(token.now)));
  return budget.callStore("refresh.sessions", list, expectUserSessions(userId));
}

function describeSession(session: StoredSession, currentSid: string | null): ListedSession {
  const { sid, userId, createdAt, lastUsedAt } = session;
  const { device, methods, authenticatedAt, persistent } = readDetails(session);
  return {
    sid,
    userId,
    createdAt,
    lastUsedAt,
    device,
    methods,
    authenticatedAt: new Date(authenticatedAt),
    persistent,
    current: sid === currentSid,
  };
}

import type { EndReason, RefreshStore, Session, StoredSession } from "../contract.ts";
import { forgettingClock } from "./forgetting-clock.ts";

/** A user's sessions, and how often all of them were ended. */
interface Owner {
  readonly sessions: Map<string, StoredSession>;
  endings: number;
  endedAt: number;
}

/** How many owners are looked at for every session that begins: enough that they leave faster than others come. */
const STEP = 2;

/**
 * Sessions in this process's memory: for one process, and for tests. All are over when the process ends, so that a
 * service of several processes, or one that restarts, needs a shared store.
 *
 * @example
 * ```ts
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store: memoryRefreshStore() } });
 * ```
 */
export function memoryRefreshStore(): RefreshStore {
  const owners = new Map<string, Owner>();
  const families = new Map<string, { readonly userId: string; readonly sid: string }>();
  const forgetting = forgettingClock();
  let hand: Iterator<[string, Owner]> = owners.entries();

  const sessionOf = (userId: string, sid: string): StoredSession | undefined => owners.get(userId)?.sessions.get(sid);
  const ownerOf = (userId: string): Owner => {
    const owner = owners.get(userId) ?? { sessions: new Map<string, StoredSession>(), endings: 0, endedAt: 0 };
    owners.set(userId, owner);
    return owner;
  };
  const remove = ({ sessions }: Owner, { sid, family }: StoredSession): void => {
    sessions.delete(sid);
    families.delete(family);
  };
  const removeEnded = (owner: Owner, endedBy: number): void => {
    for (const session of owner.sessions.values()) if (session.expiresAt.getTime() <= endedBy) remove(owner, session);
  };
  /** Lets go of a few owners whose sessions are long over. There is no timer, and no pass over all of them. */
  const sweep = (endedBy: number): void => {
    for (let looked = 0; looked < STEP; looked += 1) {
      const { done, value } = hand.next();
      if (done === true) {
        hand = owners.entries();
        return;
      }
      const [userId, owner] = value;
      removeEnded(owner, endedBy);
      if (owner.sessions.size === 0 && owner.endedAt <= endedBy) owners.delete(userId);
    }
  };

  return {
    async endings(userId) {
      return owners.get(userId)?.endings ?? 0;
    },
    async startSession(session, endings, limit) {
      const endedBy = forgetting(session.createdAt.getTime()) - DAY;
      sweep(endedBy);
      const owner = ownerOf(session.userId);
      if (owner.endings > endings) return null;
      removeEnded(owner, endedBy);
      owner.sessions.set(session.sid, { ...session });
      families.set(session.family, { userId: session.userId, sid: session.sid });
      const surplus = living(owner)
        .filter(({ sid }) => sid !== session.sid)
        .slice(limit - 1);
      for (const one of surplus) remove(owner, one);
      return surplus.map(({ sid }) => sid);
    },
    async findSession(family) {
      const found = families.get(family);
      return (found && sessionOf(found.userId, found.sid)) ?? null;
    },
    async replaceSession({ sid, userId, revision }, next) {
      const stored = sessionOf(userId, sid);
      if (stored === undefined || stored.ended !== null || stored.revision !== revision) return false;
      ownerOf(userId).sessions.set(sid, { ...next });
      return true;
    },
    async endSession(sid, userId, reason) {
      const stored = sessionOf(userId, sid);
      if (stored === undefined) return null;
      ownerOf(userId).sessions.set(sid, end(stored, reason));
      return stored.ended ?? reason;
    },
    async endSessions(userId, at) {
      const owner = ownerOf(userId);
      owner.endings += 1;
      owner.endedAt = at.getTime();
      for (const stored of owner.sessions.values()) owner.sessions.set(stored.sid, end(stored, "logout"));
      return [...owner.sessions.values()].map(({ sid, ended }) => ({ sid, ended: ended as EndReason }));
    },
    async deleteSessions(userId, sids) {
      for (const sid of sids) {
        const stored = sessionOf(userId, sid);
        if (stored !== undefined && stored.ended !== null) remove(ownerOf(userId), stored);
      }
    },
    async sessions(userId, at) {
      const owner = owners.get(userId);
      if (owner === undefined) return [];
      return living(owner)
        .filter(({ expiresAt }) => expiresAt.getTime() > at.getTime())
        .map(({ sid, createdAt, lastUsedAt }): Session => ({ sid, userId, createdAt, lastUsedAt }));
    },
  };
}

const DAY = 86_400_000;

/** Living sessions, the last used first. */
function living({ sessions }: Owner): StoredSession[] {
  return [...sessions.values()]
    .filter(({ ended }) => ended === null)
    .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
}

function end(session: StoredSession, reason: EndReason): StoredSession {
  return session.ended === null ? { ...session, ended: reason, revision: session.revision + 1 } : session;
}

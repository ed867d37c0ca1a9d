import { DAY_MS } from "../../shared/clock.ts";
import type { EndedSession, EndReason, RefreshStore, StoredSession } from "../contract.ts";
import { createHorizon } from "../shared/horizon.ts";

/** Each session that begins checks two owners, so that owners are removed faster than they are added. */
const OWNERS_PER_START = 2;

/** A user's sessions, and how often all of them were ended. */
interface Owner {
  readonly sessions: Map<string, StoredSession>;
  endings: number;
  endedAt: number;
}

/**
 * Sessions in this process's memory, for a single process and for tests. All are over when the process ends, and no
 * other process sees them: several processes need a shared store.
 *
 * @example
 * ```ts
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store: memoryRefreshStore() } });
 * ```
 */
export function memoryRefreshStore(): RefreshStore {
  const owners = new Map<string, Owner>();
  const families = new Map<string, { readonly userId: string; readonly sid: string }>();
  const computeHorizon = createHorizon();
  let hand: Iterator<[string, Owner]> = owners.entries();

  const findStored = (userId: string, sid: string): StoredSession | undefined => owners.get(userId)?.sessions.get(sid);
  const getOwner = (userId: string): Owner => {
    const owner = owners.get(userId) ?? { sessions: new Map<string, StoredSession>(), endings: 0, endedAt: 0 };
    owners.set(userId, owner);
    return owner;
  };
  const remove = ({ sessions }: Owner, { sid, family }: StoredSession): void => {
    sessions.delete(sid);
    families.delete(family);
  };
  const removeExpired = (owner: Owner, horizon: number): void => {
    for (const session of owner.sessions.values()) if (session.expiresAt.getTime() <= horizon) remove(owner, session);
  };
  /** Removes a few owners whose sessions ended long ago. There is no timer, and no scan of all owners. */
  const sweep = (horizon: number): void => {
    for (let looked = 0; looked < OWNERS_PER_START; looked += 1) {
      const { done, value } = hand.next();
      if (done === true) {
        hand = owners.entries();
        return;
      }
      const [userId, owner] = value;
      removeExpired(owner, horizon);
      if (owner.sessions.size === 0 && owner.endedAt <= horizon) owners.delete(userId);
    }
  };

  return {
    async endings(userId) {
      return owners.get(userId)?.endings ?? 0;
    },
    async startSession(session, endings, limit) {
      const horizon = computeHorizon(session.createdAt.getTime()) - DAY_MS;
      sweep(horizon);
      const owner = getOwner(session.userId);
      if (owner.endings > endings) return null;
      removeExpired(owner, horizon);
      owner.sessions.set(session.sid, { ...session });
      families.set(session.family, { userId: session.userId, sid: session.sid });
      const surplus = listLiving(owner)
        .filter(({ sid }) => sid !== session.sid)
        .slice(limit - 1);
      for (const one of surplus) remove(owner, one);
      return surplus.map(({ sid }) => sid);
    },
    async findSession(family) {
      const found = families.get(family);
      return (found && findStored(found.userId, found.sid)) ?? null;
    },
    async replaceSession({ sid, userId, revision }, next) {
      const stored = findStored(userId, sid);
      if (stored === undefined || stored.ended !== null || stored.revision !== revision) return false;
      getOwner(userId).sessions.set(sid, { ...next });
      return true;
    },
    async endSession(sid, userId, reason) {
      const stored = findStored(userId, sid);
      if (stored === undefined) return null;
      getOwner(userId).sessions.set(sid, endStored(stored, reason));
      return stored.ended ?? reason;
    },
    async endSessions(userId, at, exceptSid) {
      const owner = getOwner(userId);
      owner.endings += 1;
      owner.endedAt = at.getTime();
      for (const [sid, stored] of owner.sessions) {
        if (sid !== exceptSid) owner.sessions.set(sid, endStored(stored, "logout"));
      }
      return [...owner.sessions.values()].filter(({ ended }) => ended !== null).map(toEnded);
    },
    async deleteSessions(userId, sids) {
      for (const sid of sids) {
        const stored = findStored(userId, sid);
        if (stored !== undefined && stored.ended !== null) remove(getOwner(userId), stored);
      }
    },
    async sessions(userId, at) {
      const owner = owners.get(userId);
      if (owner === undefined) return [];
      return listLiving(owner).filter(({ expiresAt }) => expiresAt.getTime() > at.getTime());
    },
  };
}

/** Lists the living sessions, the last used first. */
function listLiving({ sessions }: Owner): StoredSession[] {
  return [...sessions.values()]
    .filter(({ ended }) => ended === null)
    .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
}

function toEnded({ sid, ended }: StoredSession): EndedSession {
  return { sid, ended: ended as EndReason };
}

function endStored(session: StoredSession, reason: EndReason): StoredSession {
  return session.ended === null ? { ...session, ended: reason, revision: session.revision + 1 } : session;
}

import type { RefreshStore, StoredSession } from "../../../src/stores/contract.ts";
import { memoryRefreshStore } from "../../../src/stores/memory.ts";

const broken = (change: (store: RefreshStore) => Partial<RefreshStore>) => (): RefreshStore => {
  const store = memoryRefreshStore();
  return { ...store, ...change(store) };
};
const finding = (change: (session: StoredSession) => StoredSession | null | undefined) =>
  broken((store) => ({
    findSession: async (family) => {
      const session = await store.findSession(family);
      return session === null ? null : (change(session) as StoredSession | null);
    },
  }));
const listing = (change: (sessions: readonly StoredSession[]) => readonly StoredSession[]) =>
  broken((store) => ({ sessions: async (...args) => change(await store.sessions(...args)) }));
const starting = (change: (args: Parameters<RefreshStore["startSession"]>) => typeof args) =>
  broken((store) => ({ startSession: (...args) => store.startSession(...change(args)) }));
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Refresh stores each of which breaks a promise. */
export const BROKEN_REFRESH_STORES: Readonly<Record<string, () => RefreshStore>> = {
  "answers undefined for none": broken((store) => ({
    findSession: async (family) => (await store.findSession(family)) ?? (undefined as never),
  })),
  "keeps whole seconds": finding((session) => ({
    ...session,
    expiresAt: new Date(Math.floor(session.expiresAt.getTime() / 1_000) * 1_000),
  })),
  "forgets under which password it began": finding((session) => ({ ...session, passwordChangedAt: null })),
  "cuts a long rotation off": finding((session) => ({ ...session, rotation: session.rotation.slice(0, 255) })),
  "cuts long details off": finding((session) => ({ ...session, details: session.details.slice(0, 1_024) })),
  "keeps the first details": broken((store) => ({
    replaceSession: (session, next) => store.replaceSession(session, { ...next, details: session.details }),
  })),
  "replaces nothing without details": broken((store) => ({
    replaceSession: async (session, next) => session.details !== "" && store.replaceSession(session, next),
  })),
  "stays under the first password": broken((store) => ({
    replaceSession: (session, next) =>
      store.replaceSession(session, { ...next, passwordChangedAt: session.passwordChangedAt }),
  })),
  "lists no details": broken((store) => ({
    sessions: async (...args) => (await store.sessions(...args)).map((session) => ({ ...session, details: "" })),
  })),
  "hides what has ended": finding((session) => (session.ended === null ? session : null)),
  "never says ended": finding((session) => ({ ...session, ended: null })),
  "knows one reason": finding((session) => ({ ...session, ended: session.ended && "logout" })),
  "takes the last reason": broken((store) => {
    const reasons = new Map<string, "logout" | "reuse">();
    return {
      endSession: (sid, userId, reason) => {
        reasons.set(sid, reason);
        return store.endSession(sid, userId, reason);
      },
      findSession: async (family) => {
        const session = await store.findSession(family);
        return session && { ...session, ended: reasons.get(session.sid) ?? session.ended };
      },
    };
  }),
  "replaces whatever it has": broken((store) => ({
    replaceSession: async (session, next) => {
      const stored = await store.findSession(session.family);
      return stored !== null && stored.ended === null && store.replaceSession(stored, next);
    },
  })),
  "looks, then replaces": broken((store) => ({
    replaceSession: async (session, next) => {
      const stored = await store.findSession(session.family);
      if (stored === null || stored.ended !== null || stored.revision !== session.revision) return false;
      await pause();
      await store.replaceSession(stored, next);
      return true;
    },
  })),
  "replaces nothing, and says it did": broken(() => ({ replaceSession: async () => true })),
  "answers 1 and 0": broken((store) => ({
    replaceSession: async (...args) => Number(await store.replaceSession(...args)) as never,
  })),
  "adds what it should replace": broken((store) => ({
    replaceSession: async (session, next) => {
      const isDone = await store.replaceSession(session, next);
      if (!isDone && (await store.findSession(session.family)) === null) await store.startSession(next, 0, 100);
      return isDone;
    },
  })),
  "replaces what has ended": broken((store) => ({
    replaceSession: async (session, next) => {
      const stored = await store.findSession(session.family);
      if (stored?.ended == null) return store.replaceSession(session, next);
      await store.deleteSessions(session.userId, [session.sid]);
      await store.startSession({ ...next, ended: null }, await store.endings(session.userId), 100);
      return true;
    },
  })),
  "forgets the new end": broken((store) => ({
    replaceSession: (session, next) => store.replaceSession(session, { ...next, expiresAt: session.expiresAt }),
  })),
  "ends nothing": broken(() => ({ endSession: async (_sid, _userId, reason) => reason })),
  "says the reason that it was given": broken((store) => ({
    endSession: async (sid, userId, reason) => (await store.endSession(sid, userId, reason)) && reason,
  })),
  "says one reason for all": broken((store) => ({
    endSessions: async (...args) => (await store.endSessions(...args)).map(({ sid }) => ({ sid, ended: "logout" })),
  })),
  "ends without looking whose": broken((store) => ({
    endSession: async (...args) => (await store.endSession(...args)) ?? args[2],
  })),
  "ends every session of the user": broken((store) => ({
    endSession: async (sid, userId, reason) => {
      const isThere = await store.endSession(sid, userId, reason);
      await store.endSessions(userId, new Date(0));
      return isThere;
    },
  })),
  "throws at what has ended": broken((store) => {
    const ended = new Set<string>();
    return {
      endSession: async (sid, ...rest) => {
        if (ended.has(sid)) throw new Error("no such session");
        ended.add(sid);
        return store.endSession(sid, ...rest);
      },
    };
  }),
  "says nothing of what it ended": broken((store) => ({
    endSessions: async (...args) => {
      await store.endSessions(...args);
      return [];
    },
  })),
  "says only what lived": broken((store) => {
    const told = new Set<string>();
    return {
      endSessions: async (...args) => {
        const ended = (await store.endSessions(...args)).filter(({ sid }) => !told.has(sid));
        for (const { sid } of ended) told.add(sid);
        return ended;
      },
    };
  }),
  "makes no exception": broken((store) => ({ endSessions: (userId, at) => store.endSessions(userId, at) })),
  "says nothing of an exception that has ended": broken((store) => ({
    endSessions: async (userId, at, exceptSid) =>
      (await store.endSessions(userId, at, exceptSid)).filter(({ sid }) => sid !== exceptSid),
  })),
  "counts no end with an exception": broken((store) => {
    let exceptions = 0;
    return {
      endings: async (userId) => (await store.endings(userId)) - exceptions,
      endSessions: (...args) => {
        if (args[2] !== undefined) exceptions += 1;
        return store.endSessions(...args);
      },
    };
  }),
  "counts no endings": broken(() => ({ endings: async () => 0 })),
  "counts once": broken((store) => ({ endings: async (userId) => Math.min(await store.endings(userId), 1) })),
  "counts everybody's": broken((store) => {
    let all = 0;
    return {
      endings: async () => all,
      endSessions: (...args) => {
        all += 1;
        return store.endSessions(...args);
      },
    };
  }),
  "begins whatever was decided before": broken((store) => ({
    startSession: async (session, _endings, limit) =>
      store.startSession(session, await store.endings(session.userId), limit),
  })),
  "looks, then begins": broken((store) => ({
    startSession: async (session, endings, limit) => {
      if ((await store.endings(session.userId)) !== endings) return null;
      await pause();
      return store.startSession(session, await store.endings(session.userId), limit);
    },
  })),
  "begins and says that it did not": broken((store) => ({
    startSession: async (session, endings, limit) => {
      const deleted = await store.startSession(session, endings, limit);
      if (deleted === null) await store.startSession(session, await store.endings(session.userId), limit);
      return deleted;
    },
  })),
  "knows no limit": starting(([session, endings]) => [session, endings, 1_000]),
  "has one too many": starting(([session, endings, limit]) => [session, endings, limit + 1]),
  "says nothing of what made room": broken((store) => ({
    startSession: async (...args) => (await store.startSession(...args)) && [],
  })),
  "makes room by what began first": broken((store) => {
    const began = new Map<string, Date>();
    return {
      startSession: async (session, endings, limit) => {
        began.set(session.sid, session.createdAt);
        const all = await store.sessions(session.userId, new Date(0));
        const surplus = [...all].sort((a, b) => +b.createdAt - +a.createdAt).slice(limit - 1);
        for (const { sid, userId } of surplus) await store.endSession(sid, userId, "logout");
        await store.deleteSessions(
          session.userId,
          surplus.map(({ sid }) => sid),
        );
        await store.startSession(session, endings, limit);
        return surplus.map(({ sid }) => sid);
      },
    };
  }),
  "makes room by the one that has just begun": broken((store) => ({
    startSession: async (session, endings, limit) => {
      const all = await store.sessions(session.userId, new Date(0));
      const isLast = all.length >= limit && all.every(({ lastUsedAt }) => lastUsedAt > session.lastUsedAt);
      return isLast ? [session.sid] : store.startSession(session, endings, limit);
    },
  })),
  "makes room for what has ended, too": broken((store) => {
    const ended = new Map<string, number>();
    return {
      endSession: (sid, userId, reason) => {
        ended.set(userId, (ended.get(userId) ?? 0) + 1);
        return store.endSession(sid, userId, reason);
      },
      startSession: (session, endings, limit) =>
        store.startSession(session, endings, Math.max(limit - (ended.get(session.userId) ?? 0), 1)),
    };
  }),
  "deletes nothing": broken(() => ({ deleteSessions: async () => undefined })),
  "deletes without looking whose": broken((store) => {
    const owners = new Map<string, string>();
    return {
      startSession: (session, ...rest) => {
        owners.set(session.sid, session.userId);
        return store.startSession(session, ...rest);
      },
      deleteSessions: async (userId, sids) => {
        for (const sid of sids) await store.deleteSessions(owners.get(sid) ?? userId, [sid]);
      },
    };
  }),
  "deletes what lives": broken((store) => ({
    deleteSessions: async (userId, sids) => {
      for (const sid of sids) await store.endSession(sid, userId, "logout");
      await store.deleteSessions(userId, sids);
    },
  })),
  "lists the oldest first": listing((sessions) => [...sessions].reverse()),
  "lists ten": listing((sessions) => sessions.slice(0, 10)),
  "lists by when they began": listing((sessions) => [...sessions].sort((a, b) => +b.createdAt - +a.createdAt)),
  "lists what has expired": broken((store) => ({ sessions: (userId) => store.sessions(userId, new Date(0)) })),
  "lists what has ended": broken((store) => {
    const known = new Map<string, StoredSession[]>();
    return {
      startSession: async (session, ...rest) => {
        known.set(session.userId, [...(known.get(session.userId) ?? []), session]);
        return store.startSession(session, ...rest);
      },
      sessions: async (userId) => known.get(userId) ?? [],
    };
  }),
  "cuts users' ids off": starting(([session, ...rest]) => [
    { ...session, userId: session.userId.slice(0, 41) },
    ...rest,
  ]),
};

import { describe, expect, it } from "vitest";
import type { Blocklist, RefreshStore, Session, StoredSession, User, UserStore } from "../../src/stores/contract.ts";
import { memoryBlocklist, memoryRefreshStore, memoryUsers } from "../../src/stores/memory.ts";
import type { ContractCase } from "../../src/testing.ts";
import { blocklistContract, refreshStoreContract, userStoreContract } from "../../src/testing.ts";

/** Runs a contract against every broken store, and says which promises caught none of them. */
async function uncaught<Store>(
  mutants: Readonly<Record<string, () => Store>>,
  contract: (open: () => Store) => readonly ContractCase[],
): Promise<{ unnoticed: string[]; idle: string[] }> {
  const idle = new Set(contract(() => undefined as Store).map(({ name }) => name));
  const unnoticed: string[] = [];
  for (const [mutant, open] of Object.entries(mutants)) {
    const failed = await Promise.all(
      contract(open).map(({ name, run }) =>
        run().then(
          () => null,
          () => name,
        ),
      ),
    );
    const names = failed.filter((name) => name !== null);
    if (names.length === 0) unnoticed.push(mutant);
    for (const name of names) idle.delete(name);
  }
  return { unnoticed, idle: [...idle] };
}
const NONE = { unnoticed: [], idle: [] };

describe("the blocklist's contract", () => {
  const broken = (change: (list: Blocklist) => Partial<Blocklist>) => (): Blocklist => {
    const list = memoryBlocklist();
    return { ...list, ...change(list) };
  };
  const asked = (change: (token: Parameters<Blocklist["isRevoked"]>[0]) => object) =>
    broken((list) => ({ isRevoked: (token) => list.isRevoked({ ...token, ...change(token) }) }));
  const spelled = (spell: (id: string) => string) =>
    broken((list) => ({
      revokeToken: (jti, ...rest) => list.revokeToken(spell(jti), ...rest),
      revokeSession: (sid, ...rest) => list.revokeSession(spell(sid), ...rest),
      revokeUser: (userId, ...rest) => list.revokeUser(spell(userId), ...rest),
      isRevoked: ({ jti, sid, userId, ...rest }) =>
        list.isRevoked({
          ...rest,
          jti: jti === null ? null : spell(jti),
          sid: sid === null ? null : spell(sid),
          userId: spell(userId),
        }),
    }));

  const mutants: Readonly<Record<string, () => Blocklist>> = {
    "answers 1 and 0": broken((list) => ({ isRevoked: async (token) => Number(await list.isRevoked(token)) as never })),
    "revokes everything": broken(() => ({ isRevoked: () => true })),
    "forgets sessions": asked(() => ({ sid: null })),
    "forgets tokens": asked(() => ({ jti: null })),
    "forgets users": asked(() => ({ userId: "" })),
    "cuts a moment early": asked(({ issuedAt }) => ({ issuedAt: new Date(issuedAt.getTime() + 1) })),
    "cuts by the second": asked(({ issuedAt }) => ({
      issuedAt: new Date(Math.floor(issuedAt.getTime() / 1_000) * 1_000),
    })),
    "cuts whoever is asked about": broken((list) => ({
      isRevoked: (token) => list.isRevoked(token) || list.isRevoked({ ...token, jti: token.sid, sid: token.jti }),
    })),
    "takes no time for a late one": asked(({ issuedAt }) => ({
      issuedAt: Number.isNaN(issuedAt.getTime()) ? new Date(8.64e15) : issuedAt,
    })),
    "takes absent for the text null": asked(({ jti, sid }) => ({ jti: String(jti), sid: String(sid) })),
    "moves a cut back": broken((list) => {
      const cuts = new Map<string, Date>();
      return {
        revokeUser: (userId, issuedUpTo) => void cuts.set(userId, issuedUpTo),
        isRevoked: (token) =>
          list.isRevoked(token) || !(token.issuedAt > (cuts.get(token.userId) ?? new Date(-8.64e15))),
      };
    }),
    "revokes no session with a user": broken((list) => ({
      revokeUser: (userId, issuedUpTo, expiresAt) => list.revokeUser(userId, issuedUpTo, expiresAt),
    })),
    "revokes one session with a user": broken((list) => ({
      revokeUser: (userId, issuedUpTo, expiresAt, sids = []) =>
        list.revokeUser(userId, issuedUpTo, expiresAt, sids.slice(0, 1)),
    })),
    "revokes all that a user ever gets, where sessions are named": broken((list) => ({
      revokeUser: (userId, issuedUpTo, expiresAt, sids = []) =>
        list.revokeUser(userId, sids.length > 0 ? new Date(8.64e15) : issuedUpTo, expiresAt, sids),
    })),
    "revokes sessions instead of a user": broken((list) => ({
      revokeUser: (userId, issuedUpTo, expiresAt, sids = []) =>
        sids.length > 0
          ? sids.forEach((sid) => void list.revokeSession(sid, expiresAt, userId))
          : list.revokeUser(userId, issuedUpTo, expiresAt),
    })),
    "says undefined for no cut": broken((list) => ({
      revokedUpTo: async (userId) => (await list.revokedUpTo?.(userId)) ?? (undefined as never),
    })),
    "says a cut by the second": broken((list) => ({
      revokedUpTo: async (userId) => {
        const cut = await list.revokedUpTo?.(userId);
        return cut === null || cut === undefined ? null : new Date(Math.floor(cut.getTime() / 1_000) * 1_000);
      },
    })),
    "says the cut that came last": broken((list) => {
      const cuts = new Map<string, Date>();
      return {
        revokeUser: (userId, issuedUpTo, ...rest) => {
          cuts.set(userId, issuedUpTo);
          list.revokeUser(userId, issuedUpTo, ...rest);
        },
        revokedUpTo: (userId) => cuts.get(userId) ?? null,
      };
    }),
    "says anybody's cut": broken((list) => {
      let latest: Date | null = null;
      return {
        revokeUser: (userId, issuedUpTo, ...rest) => {
          latest = issuedUpTo > (latest ?? new Date(0)) ? issuedUpTo : latest;
          list.revokeUser(userId, issuedUpTo, ...rest);
        },
        revokedUpTo: () => latest,
      };
    }),
    "forgets what was revoked twice": broken((list) => {
      const ends = new Map<string, number>();
      return {
        revokeToken: (jti, expiresAt) => void ends.set(jti, expiresAt.getTime()),
        isRevoked: (token) => list.isRevoked(token) || (ends.get(token.jti ?? "") ?? 0) > Date.now(),
      };
    }),
    "throws at what has ended": broken((list) => ({
      revokeToken: (jti, expiresAt) => {
        if (expiresAt.getTime() <= Date.now()) throw new Error("ended");
        list.revokeToken(jti, expiresAt, "");
      },
    })),
    "cuts ids off at a NUL": spelled((id) => id.split("\0")[0] ?? ""),
    "writes ids as UTF-8": spelled((id) => Buffer.from(id).toString()),
    "composes ids": spelled((id) => id.normalize("NFC")),
    "trims ids": spelled((id) => id.trim()),
    "says so before it is stored": broken((list) => ({
      revokeToken: (jti, expiresAt) => void setTimeout(() => list.revokeToken(jti, expiresAt, ""), 5),
    })),
  };

  it("notices every broken store, by every case", { timeout: 60_000 }, async () => {
    expect(await uncaught(mutants, blocklistContract)).toEqual(NONE);
  });

  it("asks nothing about cuts of a store that can't say them", async () => {
    const silent = broken(() => ({ revokedUpTo: undefined as never }));
    for (const { run } of blocklistContract(silent)) await run();
  });
});

describe("the refresh store's contract", () => {
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
  const listing = (change: (sessions: readonly Session[]) => readonly Session[]) =>
    broken((store) => ({ sessions: async (...args) => change(await store.sessions(...args)) }));
  const starting = (change: (args: Parameters<RefreshStore["startSession"]>) => typeof args) =>
    broken((store) => ({ startSession: (...args) => store.startSession(...change(args)) }));
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

  const mutants: Readonly<Record<string, () => RefreshStore>> = {
    "answers undefined for none": broken((store) => ({
      findSession: async (family) => (await store.findSession(family)) ?? (undefined as never),
    })),
    "keeps whole seconds": finding((session) => ({
      ...session,
      expiresAt: new Date(Math.floor(session.expiresAt.getTime() / 1_000) * 1_000),
    })),
    "forgets under which password it began": finding((session) => ({ ...session, passwordChangedAt: null })),
    "cuts a long rotation off": finding((session) => ({ ...session, rotation: session.rotation.slice(0, 255) })),
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
    "deletes nothing": broken(() => ({ deleteSessions: async () => undefined })),
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
      const known = new Map<string, Session[]>();
      return {
        startSession: async (session, ...rest) => {
          const { sid, userId, createdAt, lastUsedAt } = session;
          known.set(userId, [...(known.get(userId) ?? []), { sid, userId, createdAt, lastUsedAt }]);
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

  it("notices every broken store, by every case", { timeout: 60_000 }, async () => {
    expect(await uncaught(mutants, refreshStoreContract)).toEqual(NONE);
  });
});

describe("the user store's contract", () => {
  const broken = (change: (users: UserStore) => Partial<UserStore>) => () => {
    const users = memoryUsers();
    return {
      users: { ...users, ...change(users) },
      add: (user: { id: string; login: string; passwordHash: string | null; disabled: boolean }) =>
        users.add({
          login: user.login,
          passwordHash: user.passwordHash,
          user: { id: user.id, disabled: user.disabled },
        }),
    };
  };
  const found = (change: (user: User, hash: string | null) => User) =>
    broken((users) => ({
      findCredentials: async (login) => {
        const it = await users.findCredentials(login);
        return it === null ? null : { ...it, user: change(it.user, it.passwordHash) };
      },
    }));

  const mutants = {
    "answers undefined for none": broken((users) => ({
      findById: async (id) => (await users.findById(id)) ?? (undefined as never),
    })),
    "finds nobody": broken(() => ({ findById: async () => null, findCredentials: async () => null })),
    "leaves the hash on the user": found((user, hash) => ({ ...user, hash }) as User),
    "hides the hash in a symbol": found((user, hash) => ({ ...user, [Symbol("row")]: { hash } }) as User),
    "forgets who is disabled": found(({ id }) => ({ id })),
    "gives every user a hash": broken((users) => ({
      findCredentials: async (login) => {
        const it = await users.findCredentials(login);
        return it === null ? null : { ...it, passwordHash: it.passwordHash ?? "" };
      },
    })),
    "takes a login for a pattern": broken((users) => ({
      findCredentials: async (login) =>
        login.includes("%") ? { user: { id: "x" }, passwordHash: null } : users.findCredentials(login),
    })),
    "replaces whatever was there": broken((users) => ({
      replacePasswordHash: async (id, _current, next) => {
        const it = (await users.findById(id)) === null ? null : next;
        return it !== null;
      },
    })),
    "looks, then replaces": broken((users) => ({
      replacePasswordHash: async (id, current, next, changedAt) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const done = await users.replacePasswordHash?.(id, current, next, changedAt);
        return done === true || (await users.findById(id)) !== null;
      },
    })),
    "says nothing of the change": broken((users) => ({
      replacePasswordHash: (id, current, next) => users.replacePasswordHash?.(id, current, next) as Promise<boolean>,
    })),
    "takes a renewal for a change": broken((users) => ({
      replacePasswordHash: (id, current, next, changedAt = new Date()) =>
        users.replacePasswordHash?.(id, current, next, changedAt) as Promise<boolean>,
    })),
  };

  it("notices every broken store, by every case", async () => {
    expect(await uncaught(mutants, userStoreContract)).toEqual(NONE);
  });

  it("asks nothing about hashes of a store that can't replace them", async () => {
    const fixed = broken(() => ({ replacePasswordHash: undefined as never }));
    for (const { run } of userStoreContract(fixed)) await run();
  });
});

import { describe, expect, it } from "vitest";
import type {
  Blocklist,
  RefreshStore,
  Session,
  StoredRefreshToken,
  User,
  UserStore,
} from "../../src/stores/contract.ts";
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
  const always = (outcome: "fresh" | "sibling" | "reused" | "ended", by: "fresh" | "sibling" | "reused" | "ended") =>
    broken((store) => ({
      spend: async (...args) => {
        const came = await store.spend(...args);
        return came === by ? outcome : came;
      },
    }));
  const finding = (change: (token: StoredRefreshToken) => StoredRefreshToken | null) =>
    broken((store) => ({
      findToken: async (hash) => {
        const token = await store.findToken(hash);
        return token === null ? null : change(token);
      },
    }));
  const listing = (change: (sessions: readonly Session[]) => readonly Session[]) =>
    broken((store) => ({ sessions: async (...args) => change(await store.sessions(...args)) }));
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

  const mutants: Readonly<Record<string, () => RefreshStore>> = {
    "answers undefined for none": broken((store) => ({
      findToken: async (hash) => (await store.findToken(hash)) ?? (undefined as never),
    })),
    "keeps whole seconds": finding((token) => ({
      ...token,
      expiresAt: new Date(Math.floor(token.expiresAt.getTime() / 1_000) * 1_000),
    })),
    "never says spent": finding((token) => ({ ...token, spentAt: null })),
    "hides spent tokens": finding((token) => (token.spentAt === null ? token : null)),
    "spends again and again": always("fresh", "sibling"),
    "knows no grace": always("reused", "sibling"),
    "forgives all reuse": always("sibling", "reused"),
    "takes unknown for fresh": always("fresh", "ended"),
    "looks, then spends": broken((store) => {
      const spent = new Set<string>();
      return {
        spend: async (token, successor, at, graceFrom) => {
          const isSpent = spent.has(token.tokenHash);
          await pause();
          spent.add(token.tokenHash);
          const outcome = await store.spend(token, successor, at, graceFrom);
          return isSpent || outcome === "ended" ? outcome : "fresh";
        },
      };
    }),
    "counts the grace from its end": broken((store) => ({
      spend: (token, successor, at, graceFrom) => store.spend(token, successor, at, new Date(graceFrom.getTime() + 1)),
    })),
    "counts the last spending": broken((store) => {
      const last = new Map<string, Date>();
      return {
        findToken: async (hash) => {
          const token = await store.findToken(hash);
          return token === null ? null : { ...token, spentAt: last.get(hash) ?? null };
        },
        spend: async (token, successor, at, graceFrom) => {
          const outcome = await store.spend(token, successor, at, graceFrom);
          if (outcome !== "ended") last.set(token.tokenHash, at);
          return outcome;
        },
      };
    }),
    "adds the successor of a reused token": broken((store) => ({
      spend: async (token, successor, at, graceFrom) => {
        const outcome = await store.spend(token, successor, at, graceFrom);
        if (outcome === "reused") await store.spend(token, successor, at, new Date(0));
        return outcome;
      },
    })),
    "unspends when the clock jumps back": broken((store) => {
      let latest = 0;
      return {
        spend: async (token, successor, at, graceFrom) => {
          const isBack = at.getTime() < latest;
          latest = Math.max(latest, at.getTime());
          const outcome = await store.spend(token, successor, at, graceFrom);
          return isBack && outcome !== "ended" ? "fresh" : outcome;
        },
      };
    }),
    "ends nothing": broken(() => ({ endSession: async () => undefined })),
    "ends every session of the user": broken((store) => ({
      endSession: async (_sid, userId) => void (await store.endSessions(userId)),
    })),
    "throws at what has ended": broken((store) => {
      const ended = new Set<string>();
      return {
        endSession: async (sid, userId) => {
          if (ended.has(sid)) throw new Error("no such session");
          ended.add(sid);
          await store.endSession(sid, userId);
        },
      };
    }),
    "brings back what was ended": broken((store) => ({
      spend: async (token, successor, at, graceFrom) => {
        const outcome = await store.spend(token, successor, at, graceFrom);
        if (outcome === "ended") await store.startSession(token.session, successor);
        return outcome;
      },
    })),
    "ends what there is, and lets a spend pass": broken((store) => ({
      spend: async (token, successor, at, graceFrom) => {
        await pause();
        if ((await store.findToken(token.tokenHash)) === null) await store.startSession(token.session, successor);
        return store.spend(token, successor, at, graceFrom);
      },
    })),
    "says nothing of what it ended": broken((store) => ({
      endSessions: async (userId) => {
        await store.endSessions(userId);
        return [];
      },
    })),
    "lists the oldest first": listing((sessions) => [...sessions].reverse()),
    "lists ten": listing((sessions) => sessions.slice(0, 10)),
    "lists by when they began": broken((store) => ({
      spend: (token, successor, _at, graceFrom) => store.spend(token, successor, token.session.createdAt, graceFrom),
    })),
    "lists what has ended": broken((store) => ({ sessions: (userId) => store.sessions(userId, new Date(0)) })),
    "lists by the first token": broken((store) => {
      const ends = new Map<string, Date>();
      return {
        startSession: async (session, first) => {
          ends.set(session.sid, first.expiresAt);
          await store.startSession(session, first);
        },
        sessions: async (userId, at) =>
          (await store.sessions(userId, at)).filter(({ sid }) => (ends.get(sid) ?? at) > at),
      };
    }),
    "cuts users' ids off": broken((store) => ({
      startSession: (session, first) => store.startSession({ ...session, userId: session.userId.slice(0, 41) }, first),
    })),
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

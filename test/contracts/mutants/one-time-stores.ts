import type { OneTimeStore, StoredOneTimeToken } from "../../../src/stores/contract.ts";
import { memoryOneTimeStore } from "../../../src/stores/memory.ts";

const broken = (change: (store: OneTimeStore) => Partial<OneTimeStore>) => (): OneTimeStore => {
  const store = memoryOneTimeStore();
  return { ...store, ...change(store) };
};
const taking = (change: (token: StoredOneTimeToken) => StoredOneTimeToken) =>
  broken((store) => ({
    take: async (digest) => {
      const token = await store.take(digest);
      return token && change(token);
    },
  }));
const putting = (change: (token: StoredOneTimeToken) => StoredOneTimeToken) =>
  broken((store) => ({ put: (token, at) => store.put(change(token), at) }));
/** A store that changes something by all that was ever put into it. */
const remembering = (change: (store: OneTimeStore, known: Map<string, StoredOneTimeToken>) => Partial<OneTimeStore>) =>
  broken((store) => {
    const known = new Map<string, StoredOneTimeToken>();
    return {
      put: async (token, at) => {
        known.set(token.digest, token);
        await store.put(token, at);
      },
      ...change(store, known),
    };
  });
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** One-time stores each of which breaks a promise. */
export const BROKEN_ONE_TIME_STORES: Readonly<Record<string, () => OneTimeStore>> = {
  "answers undefined for none": broken((store) => ({
    take: async (digest) => (await store.take(digest)) ?? (undefined as never),
  })),
  "takes what it finds": broken((store) => ({ find: (digest) => store.take(digest) })),
  "finds undefined for none": broken((store) => ({
    find: async (digest) => (await store.find(digest)) ?? (undefined as never),
  })),
  "finds nothing that was tried": broken((store) => {
    const tried = new Set<string>();
    return {
      countTry: async (...args) => {
        const counted = await store.countTry(...args);
        if (counted !== null) tried.add(counted.digest);
        return counted;
      },
      find: async (digest) => (tried.has(digest) ? null : store.find(digest)),
    };
  }),
  "finds what was taken or replaced": remembering((_store, known) => ({
    find: async (digest) => known.get(digest) ?? null,
  })),
  "counts tries at nothing": broken((store) => ({
    countTry: async (...args) => (await store.countTry(...args)) ?? { digest: "", tries: 1 },
  })),
  "keeps whole seconds": taking((token) => ({
    ...token,
    expiresAt: new Date(Math.floor(token.expiresAt.getTime() / 1_000) * 1_000),
  })),
  "cuts long data off": taking((token) => ({ ...token, data: token.data.slice(0, 255) })),
  "cuts users' ids off": putting((token) => ({ ...token, userId: token.userId.slice(0, 41) })),
  "takes users' ids without case": putting((token) => ({ ...token, userId: token.userId.toLowerCase() })),
  "gives it back for ever": broken((store) => ({
    take: async (digest) => {
      const token = await store.take(digest);
      if (token !== null) await store.put(token, new Date(0));
      return token;
    },
  })),
  "looks, then takes": remembering((store, known) => ({
    take: async (digest) => {
      const token = known.get(digest) ?? null;
      await pause();
      known.delete(digest);
      await store.take(digest);
      return token;
    },
  })),
  "keeps what was issued before": remembering((store, known) => ({
    take: async (digest) => {
      const token = known.get(digest) ?? null;
      known.delete(digest);
      await store.take(digest);
      return token;
    },
  })),
  "keeps the end of what was issued before": broken((store) => {
    const ends = new Map<string, Date>();
    return {
      put: (token, at) => {
        const key = `${token.purpose} ${token.userId}`;
        const expiresAt = ends.get(key) ?? token.expiresAt;
        ends.set(key, expiresAt);
        return store.put({ ...token, expiresAt }, at);
      },
    };
  }),
  "stores nothing that has expired already": broken((store) => ({
    put: async (token, at) => {
      if (token.expiresAt > at) await store.put(token, at);
    },
  })),
  "has one for each user": putting((token) => ({ ...token, purpose: "any" })),
  "has one for each purpose": putting((token) => ({ ...token, userId: "any" })),
  "takes a digest once and for all": broken((store) => {
    const spent = new Set<string>();
    return {
      take: async (digest) => {
        if (spent.has(digest)) return null;
        const token = await store.take(digest);
        if (token !== null) spent.add(digest);
        return token;
      },
    };
  }),
  "removes it, then puts the next": broken((store) => {
    const latest = new Map<string, string>();
    const getKey = ({ purpose, userId }: StoredOneTimeToken): string => `${purpose} ${userId}`;
    return {
      put: async (token, at) => {
        const before = latest.get(getKey(token));
        await pause();
        if (before !== undefined) await store.take(before);
        await store.put({ ...token, purpose: `${token.purpose} ${token.digest}` }, at);
        latest.set(getKey(token), token.digest);
      },
      take: async (digest) => {
        const token = await store.take(digest);
        return token && { ...token, purpose: token.purpose.split(" ")[0] as string };
      },
      countTry: (purpose, userId, ...rest) =>
        store.countTry(`${purpose} ${latest.get(`${purpose} ${userId}`)}`, userId, ...rest),
    };
  }),
  "counts up to two": broken((store) => ({
    countTry: async (...args) => {
      const tried = await store.countTry(...args);
      return tried && { ...tried, tries: Math.min(tried.tries, 2) };
    },
  })),
  "never counts anew": broken((store) => ({
    countTry: (purpose, userId, at) => store.countTry(purpose, userId, at, new Date(8.64e15)),
  })),
  "lengthens the period with each try": broken((store) => {
    const tries = new Map<string, { count: number; until: Date }>();
    return {
      countTry: async (purpose, userId, at, until) => {
        const tried = await store.countTry(purpose, userId, at, until);
        const { count, until: end } = tries.get(userId) ?? { count: 0, until };
        tries.set(userId, { count: end > at ? count + 1 : 1, until });
        return tried && { ...tried, tries: tries.get(userId)?.count as number };
      },
    };
  }),
  "reads the count, then writes it": broken((store) => {
    const tries = new Map<string, number>();
    return {
      countTry: async (purpose, userId, at, until) => {
        const count = tries.get(purpose + userId) ?? 0;
        await pause();
        tries.set(purpose + userId, count + 1);
        const tried = await store.countTry(purpose, userId, at, until);
        return tried && { ...tried, tries: count + 1 };
      },
    };
  }),
  "counts anew for each that is issued": broken((store) => ({
    put: async (token, at) => {
      const known = await store.countTry(token.purpose, token.userId, at, at);
      if (known !== null) await store.take(known.digest);
      await store.put(token, at);
    },
  })),
  "counts on after one was taken": broken((store) => {
    const tries = new Map<string, number>();
    return {
      countTry: async (purpose, userId, at, until) => {
        const tried = await store.countTry(purpose, userId, at, until);
        tries.set(userId, (tries.get(userId) ?? 0) + 1);
        return tried && { ...tried, tries: tries.get(userId) as number };
      },
    };
  }),
  "counts everybody's tries together": broken((store) => {
    let tries = 0;
    return {
      countTry: async (...args) => {
        const tried = await store.countTry(...args);
        tries += 1;
        return tried && { ...tried, tries };
      },
    };
  }),
};

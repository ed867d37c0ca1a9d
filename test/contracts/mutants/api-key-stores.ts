import type { ApiKey, ApiKeyStore, StoredApiKey } from "../../../src/stores/contract.ts";
import { memoryApiKeys } from "../../../src/stores/memory.ts";

const broken = (change: (store: ApiKeyStore) => Partial<ApiKeyStore>) => (): ApiKeyStore => {
  const store = memoryApiKeys();
  return { ...store, ...change(store) };
};
/** Gives other keys than were stored. */
const giving = (change: (key: StoredApiKey) => object) =>
  broken((store) => ({
    find: async (digest) => {
      const key = await store.find(digest);
      return key && ({ ...key, ...change(key) } as StoredApiKey);
    },
  }));
const listing = (change: (keys: readonly ApiKey[], userId: string) => readonly ApiKey[]) =>
  broken((store) => ({ list: async (userId) => change(await store.list(userId), userId) }));
const inserting = (change: (key: StoredApiKey, limit: number) => Parameters<ApiKeyStore["insert"]>) =>
  broken((store) => ({ insert: (...given) => store.insert(...change(...given)) }));
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Stores of API keys each of which breaks a promise. */
export const BROKEN_API_KEY_STORES: Readonly<Record<string, () => ApiKeyStore>> = {
  "says undefined for no key": broken((store) => ({
    find: async (digest) => (await store.find(digest)) ?? (undefined as never),
  })),
  "forgets scopes": giving(() => ({ scopes: [] })),
  "sorts scopes": giving(({ scopes }) => ({ scopes: [...scopes].sort() })),
  "forgets the end": giving(() => ({ expiresAt: null })),
  "forgets the label": giving(() => ({ label: null })),
  "keeps seconds": giving(({ createdAt }) => ({
    createdAt: new Date(Math.floor(createdAt.getTime() / 1_000) * 1_000),
  })),
  "hides what has expired": broken((store) => ({
    find: async (digest) => {
      const key = await store.find(digest);
      return key?.expiresAt && key.expiresAt.getTime() <= key.createdAt.getTime() + 1 ? null : key;
    },
  })),
  "lists the first created first": listing((keys) => [...keys].reverse()),
  "lists digests": broken((store) => {
    const digests = new Map<string, string>();
    return {
      insert: (key, limit) => {
        digests.set(key.id, key.digest);
        return store.insert(key, limit);
      },
      list: async (userId) => (await store.list(userId)).map((key) => ({ ...key, digest: digests.get(key.id) })),
    };
  }),
  "lists one key": listing((keys) => keys.slice(0, 1)),
  "knows no limit": inserting((key) => [key, 1_000]),
  "takes one more": inserting((key, limit) => [key, limit + 1]),
  "counts expired ones": broken((store) => ({
    insert: (key, limit) => store.insert({ ...key, createdAt: new Date(key.createdAt.getTime() - 1) }, limit),
  })),
  "counts replaced ones": broken((store) => ({
    insert: async (key, limit) => (await store.list(key.userId)).length < limit && store.insert(key, limit),
  })),
  "counts, and adds a moment later": broken((store) => ({
    insert: async (key, limit) => {
      const living = (await store.list(key.userId)).filter(({ replacedBy }) => replacedBy === null);
      await later();
      return living.length < limit && store.insert(key, 1_000);
    },
  })),
  "adds and says no": broken((store) => ({
    insert: async (key, limit) => {
      const isAdded = await store.insert(key, limit);
      if (!isAdded) await store.insert(key, 1_000);
      return isAdded;
    },
  })),
  "replaces what was replaced": broken((store) => ({
    replace: async (id, endsAt, next) => (await store.replace(id, endsAt, next)) || store.insert(next, 1_000),
  })),
  "lets two replacements through": broken((store) => ({
    replace: async (id, endsAt, next) => {
      const old = (await store.list(next.userId)).find((key) => key.id === id);
      await later();
      if (old === undefined || old.replacedBy !== null) return false;
      return (await store.replace(id, endsAt, next)) || store.insert(next, 1_000);
    },
  })),
  "ends at once what is replaced": broken((store) => ({
    replace: (id, _endsAt, next) => store.replace(id, next.createdAt, next),
  })),
  "lengthens what is replaced": broken((store) => {
    const ends = new Map<string, Date>();
    return {
      replace: async (id, endsAt, next) => {
        const done = await store.replace(id, endsAt, next);
        if (done) ends.set(id, endsAt);
        return done;
      },
      find: async (digest) => {
        const key = await store.find(digest);
        return key && { ...key, expiresAt: ends.get(key.id) ?? key.expiresAt };
      },
    };
  }),
  "forgets what is replaced": broken((store) => ({
    replace: async (id, endsAt, next) => (await store.replace(id, endsAt, next)) && store.revoke(next.userId, id),
  })),
  "revokes nothing": broken(() => ({ revoke: async () => true })),
  "revokes anybody's": broken((store) => {
    const owners = new Map<string, string>();
    return {
      insert: (key, limit) => {
        owners.set(key.id, key.userId);
        return store.insert(key, limit);
      },
      revoke: (userId, id) => store.revoke(owners.get(id) ?? userId, id),
    };
  }),
  "revokes all instead of one": broken((store) => ({
    revoke: async (userId, id) => {
      const had = await store.revoke(userId, id);
      if (had) await store.revokeAll(userId);
      return had;
    },
  })),
  "revokes one instead of all": broken((store) => ({
    revokeAll: async (userId) => {
      const [key] = await store.list(userId);
      if (key !== undefined) await store.revoke(userId, key.id);
    },
  })),
  "revokes all that it listed": broken((store) => ({
    revokeAll: async (userId) => {
      const keys = await store.list(userId);
      await later();
      for (const { id } of keys) await store.revoke(userId, id);
    },
    replace: async (...given) => {
      await Promise.resolve();
      return store.replace(...given);
    },
  })),
  "says so before it is stored": broken((store) => ({
    revokeAll: async (userId) => void later().then(() => store.revokeAll(userId)),
  })),
  "writes no uses": broken(() => ({ touch: async () => undefined })),
  "writes the use that came last": broken((store) => {
    const uses = new Map<string, Date>();
    return {
      touch: async (userId, id, at) => {
        await store.touch(userId, id, at);
        uses.set(userId + id, at);
      },
      list: async (userId) =>
        (await store.list(userId)).map((key) => ({ ...key, lastUsedAt: uses.get(userId + key.id) ?? key.lastUsedAt })),
    };
  }),
  "brings back what is used": broken((store) => {
    const revoked = new Map<string, StoredApiKey>();
    return {
      insert: (key, limit) => {
        revoked.set(key.id, key);
        return store.insert(key, limit);
      },
      touch: async (userId, id, at) => {
        const key = revoked.get(id);
        const isThere = (await store.list(userId)).some((it) => it.id === id);
        if (key?.userId === userId && !isThere) await store.insert(key, 1_000);
        await store.touch(userId, id, at);
      },
    };
  }),
  "takes ids apart": broken((store) => ({
    list: async (userId) => (userId.includes("\\") ? [] : store.list(userId)),
  })),
};

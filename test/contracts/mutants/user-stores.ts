import type { User, UserStore } from "../../../src/stores/contract.ts";
import { memoryUsers } from "../../../src/stores/memory.ts";
import type { UserStoreUnderTest } from "../../../src/testing.ts";

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

/** User stores each of which breaks a promise. */
export const BROKEN_USER_STORES: Readonly<Record<string, () => UserStoreUnderTest>> = {
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
  "forgets the change when it renews a hash": broken((users) => {
    const renewed = new Set<string>();
    return {
      findById: async (id) => {
        const user = await users.findById(id);
        return user !== null && renewed.has(id) ? { ...user, passwordChangedAt: null } : user;
      },
      replacePasswordHash: async (id, current, next, changedAt) => {
        if (changedAt === undefined) renewed.add(id);
        else renewed.delete(id);
        return (await users.replacePasswordHash?.(id, current, next, changedAt)) ?? false;
      },
    };
  }),
  "finds nobody by id and login": broken(() => ({ findCredentialsById: async () => null })),
  "answers undefined by id": broken((users) => ({
    findCredentialsById: async (id) => (await users.findCredentialsById?.(id)) ?? (undefined as never),
  })),
  "leaves the hash on the user that it finds by id": broken((users) => ({
    findCredentialsById: async (id) => {
      const it = await users.findCredentialsById?.(id);
      return it ? { ...it, user: { ...it.user, hash: it.passwordHash } as User } : null;
    },
  })),
  "keeps hashes that it found": broken((users) => {
    const known = new Map<string, unknown>();
    return {
      findCredentialsById: async (id) => {
        if (!known.has(id)) known.set(id, await users.findCredentialsById?.(id));
        return known.get(id) as never;
      },
    };
  }),
  "sets nothing, and says it did": broken((users) => ({
    setPasswordHash: async (id) => (await users.findById(id)) !== null,
  })),
  "sets a hash for nobody": broken((users) => ({
    setPasswordHash: async (...args) => (await users.setPasswordHash?.(...args)) || true,
  })),
  "sets only where there was a hash": broken((users) => ({
    setPasswordHash: async (id, next, changedAt) => {
      const { passwordHash } = (await users.findCredentialsById?.(id)) ?? {};
      if (typeof passwordHash !== "string") return false;
      return users.replacePasswordHash?.(id, passwordHash, next, changedAt) ?? false;
    },
  })),
  "sets a hash without a date": broken((users) => ({
    setPasswordHash: async (id, next, changedAt) => {
      const { passwordHash } = (await users.findCredentialsById?.(id)) ?? {};
      if (typeof passwordHash !== "string") return users.setPasswordHash?.(id, next, changedAt) ?? false;
      return users.replacePasswordHash?.(id, passwordHash, next) ?? false;
    },
  })),
};

/** Stores that break nothing, and lack what they may lack. */
export const LACKING: Readonly<Record<string, () => UserStoreUnderTest>> = {
  "can't replace hashes": broken(() => ({ replacePasswordHash: undefined as never })),
  "can't find hashes by id, nor set or replace them": broken(() => ({
    replacePasswordHash: undefined as never,
    findCredentialsById: undefined as never,
    setPasswordHash: undefined as never,
  })),
};

import type { ApiKey, ApiKeyStore, StoredApiKey } from "../contract.ts";
import { createHorizon } from "../shared/horizon.ts";

/** Each insert checks two stored keys, so that expired keys are removed faster than keys are added. */
const KEYS_PER_INSERT = 2;

/**
 * API keys in this process's memory, for a single process and for tests. All are gone when the process ends.
 *
 * @example
 * ```ts
 * const keys = createApiKeys({ store: memoryApiKeys(), prefix: "acme_test" });
 * ```
 */
export function memoryApiKeys(): ApiKeyStore {
  const owners = new Map<string, Map<string, StoredApiKey>>();
  const byDigest = new Map<string, StoredApiKey>();
  const computeHorizon = createHorizon();
  let hand = byDigest.values();

  const put = (key: StoredApiKey): void => {
    const keys = owners.get(key.userId) ?? new Map<string, StoredApiKey>();
    keys.set(key.id, key);
    owners.set(key.userId, keys);
    byDigest.set(key.digest, key);
  };
  const remove = ({ userId, id, digest }: StoredApiKey): void => {
    const keys = owners.get(userId);
    keys?.delete(id);
    if (keys?.size === 0) owners.delete(userId);
    byDigest.delete(digest);
  };
  /** Removes a few keys of any users that expired long ago. There is no timer, and no scan of all keys. */
  const sweep = (horizon: number): void => {
    for (let looked = 0; looked < KEYS_PER_INSERT; looked += 1) {
      const { done, value } = hand.next();
      if (done === true) {
        hand = byDigest.values();
        return;
      }
      if (hasExpired(value, horizon)) remove(value);
    }
  };
  const listStored = (userId: string): readonly StoredApiKey[] => [...(owners.get(userId)?.values() ?? [])];

  return {
    async insert(key, limit) {
      const now = key.createdAt.getTime();
      const horizon = computeHorizon(now);
      sweep(horizon);
      for (const other of listStored(key.userId)) if (hasExpired(other, horizon)) remove(other);
      const living = listStored(key.userId).filter((other) => other.replacedBy === null && !hasExpired(other, now));
      if (living.length >= limit) return false;
      put({ ...key });
      return true;
    },
    async find(digest) {
      const found = byDigest.get(digest);
      return found === undefined ? null : { ...found };
    },
    async list(userId) {
      return listStored(userId)
        .map(({ digest: _digest, ...key }): ApiKey => key)
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    },
    async replace(id, endsAt, next) {
      const old = owners.get(next.userId)?.get(id);
      if (old === undefined || old.replacedBy !== null) return false;
      const expiresAt = hasExpired(old, endsAt.getTime()) ? old.expiresAt : endsAt;
      put({ ...old, expiresAt, replacedBy: next.id });
      put({ ...next });
      return true;
    },
    async revoke(userId, id) {
      const key = owners.get(userId)?.get(id);
      if (key !== undefined) remove(key);
      return key !== undefined;
    },
    async revokeAll(userId) {
      for (const key of listStored(userId)) remove(key);
    },
    async touch(userId, id, at) {
      const key = owners.get(userId)?.get(id);
      if (key !== undefined && !(key.lastUsedAt !== null && key.lastUsedAt > at)) put({ ...key, lastUsedAt: at });
    },
  };
}

function hasExpired({ expiresAt }: ApiKey, now: number): boolean {
  return expiresAt !== null && expiresAt.getTime() <= now;
}

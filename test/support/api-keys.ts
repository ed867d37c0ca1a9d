import type { ApiKeys } from "../../src/api-keys/api-keys.ts";
import { createApiKeys } from "../../src/api-keys/create.ts";
import type { CreatedApiKey, NewApiKey } from "../../src/api-keys/new-key.ts";
import type { ApiKeysOptions } from "../../src/api-keys/options.ts";
import { computeDigest } from "../../src/core/digest.ts";
import type { ApiKeyStore, StoredApiKey } from "../../src/stores/contract.ts";
import { memoryApiKeys } from "../../src/stores/memory/api-keys.ts";
import { NOW } from "./tokens.ts";

/** API keys, and all that they are made of. */
export interface KeyRoom {
  readonly keys: ApiKeys;
  /** The store, which counts how often each of its methods is called. */
  readonly store: ApiKeyStore;
  readonly calls: Record<keyof ApiKeyStore, number>;
  readonly clock: { now: number };
}

/** API keys of one process, or of another process over the store of a first one. */
export function keyRoomOf(
  options: Partial<ApiKeysOptions> = {},
  change: Partial<ApiKeyStore> = {},
  like?: KeyRoom,
): KeyRoom {
  const clock = like?.clock ?? { now: NOW };
  const calls = { insert: 0, find: 0, list: 0, replace: 0, revoke: 0, revokeAll: 0, touch: 0 };
  const real = { ...(like?.store ?? memoryApiKeys()), ...change };
  const store = Object.fromEntries(
    Object.entries(real).map(([name, method]) => [
      name,
      (...args: never[]) => {
        calls[name as keyof ApiKeyStore] += 1;
        return (method as (...args: never[]) => unknown)(...args);
      },
    ]),
  ) as unknown as ApiKeyStore;
  const keys = createApiKeys({ store, prefix: "acme_test", now: () => clock.now, ...options });
  return { keys, store, calls, clock };
}

/** Creates a key that there is room for. */
export async function createdBy(keys: ApiKeys, input: Partial<NewApiKey> = {}): Promise<CreatedApiKey> {
  const created = await keys.create({ userId: "user-1", ...input });
  if (created === null) throw new Error("there was no room for a key");
  return created;
}

/** What a store has of a key. */
export async function storedOf({ store }: KeyRoom, key: string): Promise<StoredApiKey | null> {
  return store.find(computeDigest(key));
}

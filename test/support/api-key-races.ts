import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { createApiKeys } from "../../src/api-keys/create.ts";
import type { ApiKeyStore, StoredApiKey } from "../../src/stores/contract.ts";
import { createdBy } from "./api-keys.ts";
import { codeOf } from "./flow.ts";

/** A key as it is stored. */
export function newApiKey(change: Partial<StoredApiKey> = {}): StoredApiKey {
  return {
    id: randomUUID(),
    userId: randomUUID(),
    label: null,
    hint: "a1B2",
    scopes: [],
    createdAt: new Date(Date.UTC(2030, 0, 1)),
    expiresAt: null,
    lastUsedAt: null,
    replacedBy: null,
    digest: randomUUID(),
    ...change,
  };
}

const TIMES = Array.from({ length: 50 }, (_, index) => index);

/**
 * Lets fifty requests race, fifty times over: rotations of one key, and verifications against a revocation. Each opens
 * the store that its number says.
 */
export async function raceApiKeys(open: (index: number) => ApiKeyStore): Promise<void> {
  const rooms = [0, 1, 2, 3, 4].map((index) =>
    createApiKeys({ store: open(index), prefix: "acme_test", storeTimeoutMs: 30_000, requestTimeoutMs: 60_000 }),
  );
  const roomOf = (index: number) => rooms[index % rooms.length] as (typeof rooms)[number];
  for (const round of TIMES) {
    const userId = randomUUID();
    const { key, apiKey } = await createdBy(roomOf(round), { userId });
    const rotations = await Promise.all(TIMES.map((index) => roomOf(index).rotate(userId, apiKey.id)));
    const made = rotations.filter((it) => it !== null);
    expect(made).toHaveLength(1);
    expect(await codeOf(roomOf(round).verify(made[0]?.key))).toBe("ok");
    expect(await codeOf(roomOf(round).verify(key))).toBe("ok");

    // The process that revokes also verifies at the same time, and must not remember what it read before.
    const own = roomOf(round);
    let isRevoked = false;
    const verifications = TIMES.map(async (index) => {
      if (index % 2 === 1) await new Promise((resolve) => setTimeout(resolve, index / 10));
      const isLate = isRevoked;
      const code = await codeOf(own.verify(made[0]?.key));
      expect(isLate ? code === "invalid_token" : code === "invalid_token" || code === "ok").toBe(true);
    });
    const revocation = own.revokeAll(userId).then(() => {
      isRevoked = true;
    });
    await Promise.all([...verifications, revocation]);
    expect(await codeOf(own.verify(made[0]?.key))).toBe("invalid_token");
    expect(await codeOf(own.verify(key))).toBe("invalid_token");
    expect(await own.list(userId)).toEqual([]);
  }
}

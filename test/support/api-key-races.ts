import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { createApiKeys } from "../../src/api-keys/create.ts";
import type { ApiKeyStore, StoredApiKey } from "../../src/stores/contract.ts";
import { createdBy } from "./api-keys.ts";
import { codeOf } from "./flow.ts";
import { runs } from "./thorough.ts";

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

/** A process that remembers nothing, so that each verification is the store's own answer. */
const FORGETFUL = { prefix: "acme_test", staleness: 0, storeTimeoutMs: 30_000, requestTimeoutMs: 60_000 };

const TIMES = Array.from({ length: 50 }, (_, index) => index);
const ROUNDS = TIMES.slice(0, runs(5, 50));

/**
 * Lets fifty requests race, time and again: rotations of one key, and verifications against a revocation. Each opens
 * the store that its number says.
 */
export async function raceApiKeys(open: (index: number) => ApiKeyStore): Promise<void> {
  const rooms = [0, 1, 2, 3, 4].map((index) =>
    createApiKeys({ store: open(index), prefix: "acme_test", storeTimeoutMs: 30_000, requestTimeoutMs: 60_000 }),
  );
  const roomOf = (index: number) => rooms[index % rooms.length] as (typeof rooms)[number];
  for (const round of ROUNDS) {
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

/**
 * Lets fifty verifications of other processes race with the revocation of a key, time and again: whichever begins
 * after the revocation was confirmed is refused. Each opens the store that its number says.
 */
export async function raceRevocations(open: (index: number) => ApiKeyStore): Promise<void> {
  const rooms = [0, 1, 2, 3, 4].map((index) => createApiKeys({ ...FORGETFUL, store: open(index) }));
  const roomOf = (index: number) => rooms[index % rooms.length] as (typeof rooms)[number];
  const counts = { early: 0, late: 0 };
  for (const round of ROUNDS) {
    const userId = randomUUID();
    const { key, apiKey } = await createdBy(roomOf(round), { userId });
    let isRevoked = false;
    const revocation = sleep(round % 5).then(async () => {
      expect(await roomOf(round + 1).revoke(userId, apiKey.id)).toBe(true);
      isRevoked = true;
    });
    // Each turn waits a little longer, so that some begin before the revocation, some during it and some after it.
    const verifications = TIMES.map(async (index) => {
      await sleep(index / 4);
      if (index >= 40) await revocation;
      const isLate = isRevoked;
      counts[isLate ? "late" : "early"] += 1;
      const code = await codeOf(roomOf(index).verify(key));
      expect(isLate ? ["invalid_token"] : ["invalid_token", "ok"]).toContain(code);
    });
    await Promise.all([revocation, ...verifications]);
  }
  expect(counts.late).toBeGreaterThanOrEqual(ROUNDS.length * 10);
  expect(counts.early).toBeGreaterThan(ROUNDS.length);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

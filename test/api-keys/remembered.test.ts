import { describe, expect, it } from "vitest";
import { RememberedKeys } from "../../src/api-keys/remembered.ts";
import { createUseRecorder } from "../../src/api-keys/uses.ts";
import { MAX_REMEMBERED_KEYS } from "../../src/shared/limits.ts";
import type { ApiKeyStore, Blocklist, StoredApiKey } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { createdBy, keyRoomOf, storedOf } from "../support/api-keys.ts";
import { codeOf } from "../support/flow.ts";
import { NOW } from "../support/tokens.ts";

/** A store's `find` that answers when it is told to. */
function createGate(find: ApiKeyStore["find"]): { find: ApiKeyStore["find"]; open(): void } {
  let open = (): void => undefined;
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  const gated = async (digest: string): Promise<StoredApiKey | null> => {
    const found = await find(digest);
    await isOpen;
    return found;
  };
  return { find: gated, open: () => open() };
}

describe("a key that was verified", () => {
  it("is remembered for the staleness, and no longer", async () => {
    const first = keyRoomOf();
    const { key, apiKey } = await createdBy(first.keys);
    const other = keyRoomOf({ staleness: "10s" }, {}, first);
    await other.keys.verify(key);
    await first.keys.revoke("user-1", apiKey.id);
    first.clock.now = NOW + 9_999;
    expect(await codeOf(other.keys.verify(key))).toBe("ok");
    expect(other.calls.find).toBe(1);
    first.clock.now = NOW + 10_000;
    expect(await codeOf(other.keys.verify(key))).toBe("invalid_token");
  });

  it("is looked up again when the clock was set back", async () => {
    const { keys, calls, clock } = keyRoomOf();
    const { key } = await createdBy(keys);
    await keys.verify(key);
    clock.now -= 1;
    await keys.verify(key);
    expect(calls.find).toBe(2);
  });

  it("is not remembered with a staleness of 0", async () => {
    const { keys, calls } = keyRoomOf({ staleness: 0 });
    const { key } = await createdBy(keys);
    await Promise.all([keys.verify(key), keys.verify(key)]);
    await keys.verify(key);
    expect(calls.find).toBe(3);
  });

  it("is looked up once for a hundred requests at once, good or not", async () => {
    const [room, other] = [keyRoomOf(), keyRoomOf()];
    const { key } = await createdBy(room.keys);
    const foreign = await createdBy(other.keys);
    for (const [sent, code] of [
      [key, "ok"],
      [foreign.key, "invalid_token"],
    ] as const) {
      room.calls.find = 0;
      const codes = await Promise.all(Array.from({ length: 100 }, () => codeOf(room.keys.verify(sent))));
      expect(new Set(codes)).toEqual(new Set([code]));
      expect(room.calls.find).toBe(1);
    }
  });

  it("is not remembered by what was read before it was revoked", async () => {
    const first = keyRoomOf();
    const { key, apiKey } = await createdBy(first.keys);
    const gate = createGate(first.store.find);
    const room = keyRoomOf({ staleness: "1h" }, { find: gate.find }, first);
    const early = codeOf(room.keys.verify(key));
    await new Promise(setImmediate);
    await room.keys.revoke("user-1", apiKey.id);
    const late = codeOf(room.keys.verify(key));
    gate.open();
    expect(await early).toBe("ok");
    expect(await late).toBe("invalid_token");
    expect(await codeOf(room.keys.verify(key))).toBe("invalid_token");
  });

  it("is one of a bounded number: the least recently used is forgotten", async () => {
    const remembered = new RememberedKeys(10_000);
    const record = (await storedOf(keyRoomOf(), "none")) ?? ({ userId: "u", id: "k" } as StoredApiKey);
    const lookUp = (digest: string) => remembered.lookUp(digest, NOW, async () => record);
    for (let nth = 0; nth < MAX_REMEMBERED_KEYS; nth += 1) await lookUp(`${nth}`);
    expect(remembered.recall("0", NOW)).toBe(record);
    await lookUp("one more");
    expect(remembered.recall("0", NOW)).toBe(record);
    expect(remembered.recall("1", NOW)).toBeUndefined();
    expect(remembered.recall("2", NOW)).toBe(record);
    remembered.forget("u", "other");
    expect(remembered.recall("2", NOW)).toBe(record);
  });

  it("does not take the place of one that was looked up after it", async () => {
    const remembered = new RememberedKeys(1_000);
    let answer = (_record: StoredApiKey): void => undefined;
    const [old, young] = [{ id: "old" }, { id: "young" }] as unknown as [StoredApiKey, StoredApiKey];
    const slow = new Promise<StoredApiKey>((resolve) => {
      answer = resolve;
    });
    const early = remembered.lookUp("digest", NOW, () => slow);
    expect(await remembered.lookUp("digest", NOW + 1_000, async () => young)).toBe(young);
    answer(old);
    expect(await early).toBe(old);
    expect(remembered.recall("digest", NOW + 1_001)).toBe(young);
  });
});

it("when keys were last used is remembered of a bounded number of them", () => {
  const touched: string[] = [];
  const touch = async (_userId: string, id: string) => void touched.push(id);
  const record = createUseRecorder({ store: { touch } as never, storeTimeoutMs: 1_000, onOutage: () => undefined });
  const use = (nth: number) => record({ id: `${nth}`, userId: "u", lastUsedAt: null } as StoredApiKey, NOW);
  for (let nth = 0; nth <= MAX_REMEMBERED_KEYS; nth += 1) use(nth);
  expect(touched).toHaveLength(MAX_REMEMBERED_KEYS + 1);
  use(1);
  expect(touched).toHaveLength(MAX_REMEMBERED_KEYS + 1);
  use(0);
  expect(touched.at(-1)).toBe("0");
});

describe("users", () => {
  it("are not looked up, unless isActive is given; its answer is remembered with the key", async () => {
    const active = new Set(["user-1"]);
    let asked = 0;
    const isActive = (userId: string): boolean => {
      asked += 1;
      return active.has(userId);
    };
    const { keys, clock } = keyRoomOf({ isActive });
    const [good, bad] = [await createdBy(keys), await createdBy(keys, { userId: "user-2" })];
    expect(await codeOf(keys.verify(bad.key))).toBe("invalid_token");
    for (const _again of [1, 2]) expect(await codeOf(keys.verify(good.key))).toBe("ok");
    expect(asked).toBe(2);
    active.delete("user-1");
    clock.now += 10_000;
    expect(await codeOf(keys.verify(good.key))).toBe("invalid_token");
    active.add("user-1");
    expect(await codeOf(keys.verify(good.key))).toBe("ok");
  });
});

describe("with a blocklist", () => {
  const blocklistOf = (clock: { now: number }, change: Partial<Blocklist> = {}): Blocklist => ({
    ...memoryBlocklist({ now: () => clock.now }),
    ...change,
  });

  it("a revocation is told to it, for as long as others may remember the key", async () => {
    const told: unknown[] = [];
    const clock = { now: NOW };
    const blocklist = blocklistOf(clock, { revokeToken: (...args) => void told.push(args) });
    const { keys } = keyRoomOf({ blocklist });
    const { apiKey } = await createdBy(keys);
    const rest = [await createdBy(keys), await createdBy(keys)];
    await createdBy(keys, { userId: "user-2" });
    expect(await keys.revoke("user-1", apiKey.id)).toBe(true);
    const until = new Date(NOW + 10_000 + 5_000 + 60_000);
    expect(told).toEqual([[apiKey.id, until, "user-1"]]);
    await keys.revokeAll("user-1");
    expect(told.slice(1).sort()).toEqual(rest.map((it) => [it.apiKey.id, until, "user-1"]).sort());
  });

  it("another user's key is not told to it", async () => {
    const clock = { now: NOW };
    const blocklist = blocklistOf(clock);
    const { keys } = keyRoomOf({ blocklist });
    const { apiKey } = await createdBy(keys);
    expect(await keys.revoke("user-2", apiKey.id)).toBe(false);
    const { id: jti, userId, createdAt: issuedAt } = apiKey;
    expect(await blocklist.isRevoked({ jti, sid: null, userId, issuedAt })).toBe(false);
    await keys.rotate("user-1", apiKey.id, { overlap: "1h" });
    expect(await blocklist.isRevoked({ jti, sid: null, userId, issuedAt })).toBe(false);
  });

  it("a rotation without an overlap is told to it", async () => {
    const clock = { now: NOW };
    const blocklist = blocklistOf(clock);
    const { keys } = keyRoomOf({ blocklist });
    const { apiKey } = await createdBy(keys);
    expect(await keys.rotate("user-1", apiKey.id, { overlap: 0 })).not.toBeNull();
    const { id: jti, userId, createdAt: issuedAt } = apiKey;
    expect(await blocklist.isRevoked({ jti, sid: null, userId, issuedAt })).toBe(true);
  });

  it.each(["the blocklist", "the store"])(
    "a rotation without an overlap that broke off at %s refuses the old key first, and is completed when sent again",
    async (down) => {
      let isDown = true;
      const fail = async (name: string): Promise<void> => {
        if (isDown && name === down) throw new Error("down");
      };
      const first = keyRoomOf();
      const real = blocklistOf({ now: NOW });
      const blocklist = blocklistOf(
        { now: NOW },
        {
          revokeToken: async (...args) => fail("the blocklist").then(() => real.revokeToken(...args)),
        },
      );
      const replace: ApiKeyStore["replace"] = async (...args) =>
        fail("the store").then(() => first.store.replace(...args));
      const { keys } = keyRoomOf({ blocklist, onOutage: () => {} }, { replace }, first);
      const { apiKey } = await createdBy(keys);
      const isBlocked = () => {
        const { id: jti, userId, createdAt: issuedAt } = apiKey;
        return real.isRevoked({ jti, sid: null, userId, issuedAt });
      };
      expect(await codeOf(keys.rotate("user-1", apiKey.id, { overlap: 0 }))).toBe("unavailable");
      expect(await isBlocked()).toBe(down === "the store");
      expect(await keys.list("user-1")).toMatchObject([{ id: apiKey.id, replacedBy: null }]);
      isDown = false;
      const rotated = await keys.rotate("user-1", apiKey.id, { overlap: 0 });
      expect(await isBlocked()).toBe(true);
      expect((await keys.verify(rotated?.key)).id).toBe(rotated?.apiKey.id);
    },
  );

  it("nothing is told where nobody remembers", async () => {
    const told: unknown[] = [];
    const clock = { now: NOW };
    const blocklist = blocklistOf(clock, { revokeToken: (...args) => void told.push(args) });
    const { keys } = keyRoomOf({ blocklist, staleness: 0 });
    const { apiKey } = await createdBy(keys);
    expect(await keys.revoke("user-1", apiKey.id)).toBe(true);
    expect(told).toEqual([]);
  });

  it("a revocation that was interrupted is completed when it is sent again", async () => {
    let isDown = true;
    const clock = { now: NOW };
    const real = blocklistOf(clock);
    const revokeToken: Blocklist["revokeToken"] = (...args) => {
      if (isDown) throw new Error("down");
      return real.revokeToken(...args);
    };
    const { keys } = keyRoomOf({ blocklist: { ...real, revokeToken }, onOutage: () => undefined });
    const { key, apiKey } = await createdBy(keys);
    expect(await codeOf(keys.revoke("user-1", apiKey.id))).toBe("unavailable");
    expect(await codeOf(keys.revokeAll("user-1"))).toBe("unavailable");
    expect(await codeOf(keys.verify(key))).toBe("ok");
    isDown = false;
    expect(await keys.revoke("user-1", apiKey.id)).toBe(true);
    expect(await codeOf(keys.verify(key))).toBe("invalid_token");
  });
});

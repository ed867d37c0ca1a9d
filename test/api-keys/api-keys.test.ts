import { describe, expect, it } from "vitest";
import { createdBy, keyRoomOf, storedOf } from "../support/api-keys.ts";
import { codeOf } from "../support/flow.ts";
import { NOW } from "../support/tokens.ts";

const DAY_MS = 86_400_000;
const at = (ms: number): Date => new Date(NOW + ms);

describe("a key", () => {
  it("is shown once, and stored as a digest", async () => {
    const room = keyRoomOf();
    const { key, apiKey } = await createdBy(room.keys, { scopes: ["orders:read"], label: "deploys" });
    expect(key).toMatch(/^acme_test_[0-9A-Za-z]{36}$/);
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
      userId: "user-1",
      label: "deploys",
      hint: key.slice(-4),
      scopes: ["orders:read"],
      createdAt: at(0),
      expiresAt: null,
      lastUsedAt: null,
      replacedBy: null,
    });
    const stored = await storedOf(room, key);
    expect(JSON.stringify(stored)).not.toContain(key.slice(10, 40));
    expect(JSON.stringify(await room.keys.list("user-1"))).not.toContain(stored?.digest);
    expect(await room.keys.list("user-1")).toEqual([apiKey]);
    expect(await room.keys.list("user-2")).toEqual([]);
  });

  it("is verified, and gives what a guard needs", async () => {
    const { keys } = keyRoomOf();
    const { key, apiKey } = await createdBy(keys, { scopes: ["a", "b"], expiresAt: at(DAY_MS) });
    for (const _again of [1, 2]) expect(await keys.verify(key)).toEqual(apiKey);
    const found = await keys.verify(key);
    expect([Object.isFrozen(found), Object.isFrozen(found.scopes)]).toEqual([true, true]);
  });

  it("is not changed by whoever holds its dates", async () => {
    const { keys } = keyRoomOf();
    const { key } = await createdBy(keys, { expiresAt: at(1_000) });
    (await keys.verify(key)).expiresAt?.setFullYear(9_999);
    expect((await keys.verify(key)).expiresAt).toEqual(at(1_000));
  });

  it("expires, remembered or not", async () => {
    for (const staleness of [0, "1h"] as const) {
      const { keys, clock } = keyRoomOf({ staleness });
      const { key } = await createdBy(keys, { expiresAt: at(1_000) });
      clock.now = NOW + 999;
      expect(await codeOf(keys.verify(key))).toBe("ok");
      clock.now = NOW + 1_000;
      expect(await codeOf(keys.verify(key))).toBe("expired");
    }
  });

  it("that expires while the store is waited for has expired", async () => {
    const first = keyRoomOf();
    const { key } = await createdBy(first.keys, { expiresAt: at(1_000) });
    const slow = keyRoomOf(
      {},
      {
        find: async (digest) => {
          first.clock.now = NOW + 1_000;
          return first.store.find(digest);
        },
      },
      first,
    );
    expect(await codeOf(slow.keys.verify(key))).toBe("expired");
  });

  it("that is misspelt, cut short or of another prefix costs no call of the store", async () => {
    const { keys, calls } = keyRoomOf();
    const { key } = await createdBy(keys);
    const spellings = [key.slice(1), key.toLowerCase(), `${key} `, key.replace("test", "live"), "", undefined, [key]];
    for (const sent of spellings) expect(await codeOf(keys.verify(sent))).toBe("invalid_token");
    expect(calls.find).toBe(0);
  });

  it("that nobody has is refused, and asked for again", async () => {
    const [other, room] = [keyRoomOf(), keyRoomOf()];
    const { key } = await createdBy(other.keys);
    for (const _again of [1, 2]) expect(await codeOf(room.keys.verify(key))).toBe("invalid_token");
    expect(room.calls.find).toBe(2);
  });

  it("that a user may not have any more of is null", async () => {
    const { keys, clock } = keyRoomOf({ maxKeys: 2 });
    await createdBy(keys, { expiresAt: at(1_000) });
    const { apiKey } = await createdBy(keys);
    expect(await keys.create({ userId: "user-1" })).toBeNull();
    await createdBy(keys, { userId: "user-2" });
    clock.now += 1_000;
    await createdBy(keys);
    expect(await keys.create({ userId: "user-1" })).toBeNull();
    await keys.revoke("user-1", apiKey.id);
    await createdBy(keys);
  });
});

describe("revoke", () => {
  it("takes effect at once in this process, remembered or not, for one key", async () => {
    const { keys } = keyRoomOf({ staleness: "1h" });
    const [one, other] = [await createdBy(keys), await createdBy(keys)];
    for (const { key } of [one, other]) await keys.verify(key);
    expect(await keys.revoke("user-2", one.apiKey.id)).toBe(false);
    expect(await codeOf(keys.verify(one.key))).toBe("ok");
    expect(await keys.revoke("user-1", one.apiKey.id)).toBe(true);
    expect(await codeOf(keys.verify(one.key))).toBe("invalid_token");
    expect(await codeOf(keys.verify(other.key))).toBe("ok");
    expect(await keys.revoke("user-1", one.apiKey.id)).toBe(false);
  });

  it.each(["", "id\0", 7, undefined])("finds no key with the id %j, and asks no store", async (id) => {
    const { keys, calls } = keyRoomOf();
    expect(await keys.revoke("user-1", id as string)).toBe(false);
    expect(calls.revoke).toBe(0);
  });

  it("of all keys leaves other users' alone", async () => {
    const { keys } = keyRoomOf({ staleness: "1h" });
    const own = [await createdBy(keys), await createdBy(keys)];
    const other = await createdBy(keys, { userId: "user-2" });
    for (const { key } of [...own, other]) await keys.verify(key);
    await keys.revokeAll("user-1");
    for (const { key } of own) expect(await codeOf(keys.verify(key))).toBe("invalid_token");
    expect(await codeOf(keys.verify(other.key))).toBe("ok");
    expect(await keys.list("user-1")).toEqual([]);
  });
});

describe("rotate", () => {
  it("gives a key with the same scopes and label, and the old one lives on for the overlap", async () => {
    const { keys, clock } = keyRoomOf();
    const old = await createdBy(keys, { scopes: ["a"], label: "deploys" });
    clock.now += 5_000;
    const next = await keys.rotate("user-1", old.apiKey.id, { overlap: "1h" });
    expect(next?.apiKey).toMatchObject({ userId: "user-1", scopes: ["a"], label: "deploys", expiresAt: null });
    const [first, second] = await keys.list("user-1");
    expect(first).toEqual(next?.apiKey);
    expect(second).toEqual({ ...old.apiKey, expiresAt: at(3_605_000), replacedBy: next?.apiKey.id });
    clock.now = NOW + 3_604_999;
    for (const key of [old.key, next?.key]) expect(await codeOf(keys.verify(key))).toBe("ok");
    clock.now += 1;
    expect(await codeOf(keys.verify(old.key))).toBe("expired");
    expect(await codeOf(keys.verify(next?.key))).toBe("ok");
  });

  it("lets the next key live as long as the old one was to live, unless it is told otherwise", async () => {
    const { keys, clock } = keyRoomOf();
    const expiresAt = at(30 * DAY_MS);
    const [a, b, c] = [
      await createdBy(keys, { expiresAt }),
      await createdBy(keys, { expiresAt }),
      await createdBy(keys),
    ];
    clock.now += 29 * DAY_MS;
    expect((await keys.rotate("user-1", a.apiKey.id))?.apiKey.expiresAt).toEqual(at(59 * DAY_MS));
    expect((await keys.rotate("user-1", b.apiKey.id, { expiresAt: null }))?.apiKey.expiresAt).toBeNull();
    const last = at(40 * DAY_MS);
    expect((await keys.rotate("user-1", c.apiKey.id, { expiresAt: last, overlap: 0 }))?.apiKey.expiresAt).toEqual(last);
    const ends = (await keys.list("user-1")).flatMap((key) => (key.replacedBy === null ? [] : [key.expiresAt]));
    expect(ends).toEqual([at(30 * DAY_MS), at(30 * DAY_MS), at(29 * DAY_MS)]);
  });

  it("without an overlap ends the old key at once in this process", async () => {
    const { keys } = keyRoomOf({ staleness: "1h" });
    const { key, apiKey } = await createdBy(keys);
    await keys.verify(key);
    expect(await keys.rotate("user-1", apiKey.id, { overlap: 0 })).not.toBeNull();
    expect(await codeOf(keys.verify(key))).toBe("expired");
  });

  it("gives null for what is not there, has expired, is another user's or was rotated already", async () => {
    const { keys, clock } = keyRoomOf();
    const [short, long] = [await createdBy(keys, { expiresAt: at(1_000) }), await createdBy(keys)];
    clock.now += 1_000;
    const ids = [short.apiKey.id, "other", "", undefined];
    for (const id of ids) expect(await keys.rotate("user-1", id as string)).toBeNull();
    expect(await keys.rotate("user-2", long.apiKey.id)).toBeNull();
    expect(await keys.rotate("user-1", long.apiKey.id)).not.toBeNull();
    expect(await keys.rotate("user-1", long.apiKey.id)).toBeNull();
  });

  it("of fifty at once gives one a key", async () => {
    const { keys } = keyRoomOf();
    const { apiKey } = await createdBy(keys);
    const answers = await Promise.all(Array.from({ length: 50 }, () => keys.rotate("user-1", apiKey.id)));
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
    expect(await keys.list("user-1")).toHaveLength(2);
  });

  it("makes no more keys than twice as many as there may be", async () => {
    const { keys, clock } = keyRoomOf({ maxKeys: 1 });
    const first = await createdBy(keys);
    const second = await keys.rotate("user-1", first.apiKey.id, { overlap: "1h" });
    expect(await keys.create({ userId: "user-1" })).toBeNull();
    expect(await keys.rotate("user-1", second?.apiKey.id as string)).toBeNull();
    clock.now += 3_600_000;
    expect(await keys.rotate("user-1", second?.apiKey.id as string)).not.toBeNull();
  });
});

describe("when a key was last used", () => {
  it("is written at most once a minute, and nobody waits for it", async () => {
    const room = keyRoomOf({}, { touch: () => new Promise(() => undefined) });
    const { key } = await createdBy(room.keys);
    for (const ms of [0, 1, 59_999]) {
      room.clock.now = NOW + ms;
      await room.keys.verify(key);
    }
    expect(room.calls.touch).toBe(1);
    room.clock.now = NOW + 60_000;
    await room.keys.verify(key);
    expect(room.calls.touch).toBe(2);
  });

  it("is listed, and not written again by another process within the minute", async () => {
    const room = keyRoomOf();
    const { key } = await createdBy(room.keys);
    room.clock.now += 1_000;
    await room.keys.verify(key);
    expect((await room.keys.list("user-1"))[0]?.lastUsedAt).toEqual(at(1_000));
    const other = keyRoomOf({}, {}, room);
    room.clock.now += 59_999;
    await other.keys.verify(key);
    expect(other.calls.touch).toBe(0);
    room.clock.now += 1;
    await other.keys.verify(key);
    expect(other.calls.touch).toBe(1);
  });

  it("changes no answer where it can't be written, and the failure is told", async () => {
    for (const touch of [
      () => Promise.reject(new Error("down")),
      () => {
        throw new Error("down");
      },
    ]) {
      const told: unknown[] = [];
      const onOutage = (error: { cause?: unknown }, context: object) => void told.push([error.cause, context]);
      const { keys } = keyRoomOf({ onOutage }, { touch });
      const { key } = await createdBy(keys);
      expect(await codeOf(keys.verify(key))).toBe("ok");
      await new Promise(setImmediate);
      const context = { operation: "touchKey", refused: false, call: "apiKeys.touch", durationMs: expect.any(Number) };
      expect(told).toEqual([[new Error("down"), context]]);
    }
  });

  it("is not written for a key that is refused", async () => {
    const { keys, calls, clock } = keyRoomOf();
    const { key } = await createdBy(keys, { expiresAt: at(1) });
    clock.now += 1;
    expect(await codeOf(keys.verify(key))).toBe("expired");
    expect(calls.touch).toBe(0);
  });
});

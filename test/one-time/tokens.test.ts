import { describe, expect, it } from "vitest";
import type { OneTimeTokenOptions } from "../../src/one-time/tokens.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { OneTimeStore, StoredOneTimeToken } from "../../src/stores/contract.ts";
import { memoryOneTimeStore } from "../../src/stores/memory.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { NOW } from "../support/tokens.ts";

const HOUR = 3_600_000;

function houseOf(options: Partial<OneTimeTokenOptions> = {}) {
  const clock = { now: NOW };
  const store = memoryOneTimeStore();
  const make = <Data = null>(more: Partial<OneTimeTokenOptions> = {}) =>
    createOneTimeTokens<Data>({ store, purpose: "reset", lifetime: "1h", now: () => clock.now, ...options, ...more });
  return { clock, store, make, tokens: make() };
}

describe("a token", () => {
  it("is 43 characters of base64url, another one each time, and good once", async () => {
    const { tokens } = houseOf();
    const { token, expiresAt } = await tokens.issue("user-1");
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(expiresAt).toEqual(new Date(NOW + HOUR));
    expect((await tokens.issue("user-2")).token).not.toBe(token);
    expect(await tokens.consume(token)).toEqual({
      userId: "user-1",
      data: null,
      issuedAt: new Date(NOW),
      credentialIssuedAt: null,
      expiresAt,
    });
    expect(await tokens.consume(token)).toBeNull();
  });

  it("carries what was given with it, as JSON has it", async () => {
    const tokens = houseOf().make<{ email: string; at?: Date }>();
    const { token } = await tokens.issue("user-1", { email: "\ud800 a@example.com", at: new Date(NOW) });
    expect((await tokens.consume(token))?.data).toEqual({
      email: "\ud800 a@example.com",
      at: "2030-01-01T00:00:00.000Z",
    });
  });

  it("expires to the millisecond", async () => {
    const { tokens, clock } = houseOf();
    const [one, other] = [await tokens.issue("user-1"), await tokens.issue("user-2")];
    clock.now += HOUR - 1;
    expect(await tokens.consume(one.token)).not.toBeNull();
    clock.now += 1;
    expect(await tokens.consume(other.token)).toBeNull();
    clock.now -= 1;
    expect(await tokens.consume(other.token)).toBeNull();
  });

  it("makes the older one of the same user and purpose worthless, and no other", async () => {
    const { tokens, make } = houseOf();
    const invitations = make({ purpose: "invitation" });
    const older = await tokens.issue("user-1");
    const others = [await tokens.issue("user-2"), await invitations.issue("user-1")] as const;
    const newer = await tokens.issue("user-1");
    expect(await tokens.consume(older.token)).toBeNull();
    expect(await tokens.consume(newer.token)).not.toBeNull();
    expect(await tokens.consume(others[0].token)).not.toBeNull();
    expect(await invitations.consume(others[1].token)).not.toBeNull();
  });

  it("is worth nothing for another purpose, and stays good for its own", async () => {
    const { tokens, make } = houseOf();
    const { token } = await tokens.issue("user-1");
    for (const purpose of ["invitation", "Reset", "reset.", "reset-1"]) {
      expect(await make({ purpose }).consume(token)).toBeNull();
    }
    expect(await tokens.consume(token)).not.toBeNull();
  });

  it("is worthless once it is revoked, and so is none", async () => {
    const { tokens } = houseOf();
    const [one, other] = [await tokens.issue("user-1"), await tokens.issue("user-2")];
    await tokens.revoke("user-1");
    await tokens.revoke("nobody");
    expect(await tokens.consume(one.token)).toBeNull();
    expect(await tokens.consume(other.token)).not.toBeNull();
    expect(await tokens.consume((await tokens.issue("user-1")).token)).not.toBeNull();
  });

  it("is found as often as one likes, and stays good once", async () => {
    const { tokens, make, clock } = houseOf();
    const { token } = await tokens.issue("user-1");
    const found = await tokens.find(token);
    expect(found).toMatchObject({ userId: "user-1", issuedAt: new Date(NOW) });
    expect(await tokens.find(token)).toEqual(found);
    expect(await make({ purpose: "invitation" }).find(token)).toBeNull();
    expect(await tokens.consume(token)).toEqual(found);
    expect(await tokens.find(token)).toBeNull();
    const late = await tokens.issue("user-1");
    clock.now += HOUR;
    expect(await tokens.find(late.token)).toBeNull();
    expect(await tokens.find("x")).toBeNull();
  });

  it("is stored as a digest alone", async () => {
    const stored: StoredOneTimeToken[] = [];
    const { make, store } = houseOf();
    const tokens = make({
      store: {
        ...store,
        put: async (token, at) => {
          stored.push(token);
          await store.put(token, at);
        },
      },
    });
    const { token, expiresAt } = await tokens.issue("user-1");
    const { digest, ...rest } = stored[0] as StoredOneTimeToken;
    expect(rest).toEqual({ purpose: "token:reset", userId: "user-1", data: `${NOW}:null`, expiresAt });
    expect(digest).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(await tokens.consume(digest)).toBeNull();
  });
});

it.each([undefined, null, 7, "", "x", {}, [], ["a".repeat(43)], `${"a".repeat(43)}\n`, "a".repeat(44), "é".repeat(43)])(
  "%j is no token, and no store is asked",
  async (token) => {
    const { make, store } = houseOf();
    const asked = make({ store: { ...store, take: () => Promise.reject(new Error("asked")) } });
    expect(await asked.consume(token)).toBeNull();
  },
);

it("megabytes are no token, and take no time", async () => {
  const { tokens } = houseOf();
  const token = Buffer.alloc(MEGABYTES, "a").toString("latin1"); // no rope, which would be joined when it is read
  const began = performance.now();
  expect(await tokens.consume(token)).toBeNull();
  expect(performance.now() - began).toBeLessThan(100);
});

it("of a token that nobody issued nothing is known", async () => {
  expect(await houseOf().tokens.consume("a".repeat(43))).toBeNull();
});

it.each([undefined, null, "", 7, "nul\0", "\ud800", "x".repeat(1_025), "中".repeat(683)])(
  "%j is no user's id",
  async (userId) => {
    const { tokens } = houseOf();
    await expect(tokens.issue(userId as string)).rejects.toThrow(/^a user's id is a non-empty string/);
    await expect(tokens.revoke(userId as string)).rejects.toThrow(/^a user's id is a non-empty string/);
  },
);

it("takes as much data as JSON can hold, and no more", async () => {
  const tokens = houseOf().make<unknown>();
  const circle: { self?: object } = {};
  circle.self = circle;
  for (const data of [circle, 7n, () => 1, Symbol("x")]) {
    await expect(tokens.issue("user-1", data)).rejects.toThrow("data must be what JSON can hold");
  }
  await expect(tokens.issue("user-1", "x".repeat(4_095))).rejects.toThrow("at most 4096 characters of JSON");
  const { token } = await tokens.issue("user-1", "x".repeat(4_094));
  expect((await tokens.consume(token))?.data).toHaveLength(4_094);
});

describe("when they are made", () => {
  it.each<readonly [object, RegExp]>([
    [
      { store: {} },
      /store must be an object with the methods put, find, take, countTry, such as memoryOneTimeStore\(\)/,
    ],
    [{ store: undefined }, /store is undefined; it must be given/],
    [{ purpose: "" }, /purpose must be a name such as "password-reset"/],
    [{ purpose: "a b" }, /purpose must be a name/],
    [{ purpose: "x".repeat(65) }, /purpose must be a name/],
    [{ purpose: 7 }, /purpose must be a name/],
    [{ lifetime: 0 }, /createOneTimeTokens: lifetime must be a whole number of seconds/],
    [{ lifetime: "1y" }, /lifetime must be/],
    [{ lifetime: undefined }, /lifetime is undefined/],
    [{ now: 7 }, /now must be a function: such as Date.now/],
    [{ storeTimeoutMs: 0 }, /storeTimeoutMs must be a whole number from 1 to 600000/],
    [{ onOutage: "log" }, /onOutage must be a function/],
    [{ liftime: "1h" }, /there is no option "liftime"/],
  ])("%j is refused", (options, why) => {
    expect(() => houseOf(options)).toThrow(why);
  });

  it("a lifetime has to be given", () => {
    const options = { store: memoryOneTimeStore(), purpose: "reset" } as OneTimeTokenOptions;
    expect(() => createOneTimeTokens(options)).toThrow(/lifetime must be a whole number of seconds/);
  });

  it("a store is not asked, and the machine's clock is the clock", async () => {
    const store: OneTimeStore = memoryOneTimeStore();
    const tokens = createOneTimeTokens({ store, purpose: "reset", lifetime: 60 });
    const { expiresAt } = await tokens.issue("user-1");
    expect(Math.abs(expiresAt.getTime() - Date.now() - 60_000)).toBeLessThan(1_000);
    expect(Object.isFrozen(tokens)).toBe(true);
  });
});

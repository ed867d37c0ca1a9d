import { describe, expect, it } from "vitest";
import { createApiKeys } from "../../src/api-keys.ts";
import { memoryApiKeys } from "../../src/stores/memory.ts";
import { createdBy, keyRoomOf } from "../support/api-keys.ts";
import { NOW } from "../support/tokens.ts";

const store = memoryApiKeys();

describe("createApiKeys", () => {
  it.each<readonly [unknown, RegExp]>([
    [undefined, /createApiKeys takes a plain object with options: store, prefix/],
    [{ prefix: "acme" }, /store must be an object with the methods insert, find, list.*, such as memoryApiKeys\(\)/],
    [{ store: { ...store, touch: 1 }, prefix: "acme" }, /store must be an object with the methods/],
    [{ store }, /prefix must be of 1 to 32 letters and digits/],
    [{ store, prefix: undefined }, /prefix is undefined; it must be given/],
    ...["", "_acme", "acme_", "acme__live", "acme-live", "acme live", "x".repeat(33), 7, "\u00e4"].map(
      (prefix) => [{ store, prefix }, /prefix must be of 1 to 32 letters and digits/] as const,
    ),
    [{ store, prefix: "acme", staleness: "10" }, /staleness must be a whole number of seconds from 0/],
    [{ store, prefix: "acme", staleness: -1 }, /staleness must be/],
    [{ store, prefix: "acme", blocklist: {} }, /blocklist must be an object with the methods revokeToken, isRevoked/],
    [{ store, prefix: "acme", isActive: true }, /isActive must be a function/],
    [{ store, prefix: "acme", maxKeys: 0 }, /maxKeys must be a whole number from 1 to 10000/],
    [{ store, prefix: "acme", now: 7 }, /now must be a function/],
    [{ store, prefix: "acme", storeTimeoutMs: 0 }, /storeTimeoutMs must be/],
    [{ store, prefix: "acme", requestTimeoutMs: Number.NaN }, /requestTimeoutMs must be/],
    [{ store, prefix: "acme", onOutage: "log" }, /onOutage must be a function/],
    [{ store, prefix: "acme", stalness: 1 }, /there is no option "stalness"/],
  ])("refuses %j", (options, why) => {
    expect(() => createApiKeys(options as never)).toThrow(why);
  });

  it("goes by the machine's clock, and needs a store and a prefix alone", async () => {
    const keys = createApiKeys({ store: memoryApiKeys(), prefix: "k" });
    const { key, apiKey } = await createdBy(keys);
    expect(Math.abs(apiKey.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect((await keys.verify(key)).id).toBe(apiKey.id);
  });

  it("gives what can't be changed", () => {
    expect(Object.isFrozen(keyRoomOf().keys)).toBe(true);
  });
});

describe("create", () => {
  it.each<readonly [object, RegExp]>([
    [{ userId: undefined }, /userId is undefined/],
    [{ userId: "" }, /a user's id is a non-empty string of at most 1024 characters/],
    [{ userId: "u\0" }, /a user's id is/],
    [{ scopes: "orders:read" }, /scopes must be a list of strings without spaces/],
    [{ scopes: ["a b"] }, /scopes must be/],
    [{ scopes: [""] }, /scopes must be/],
    [{ scopes: new Array(1) }, /scopes must be/],
    [{ scopes: ['"'] }, /scopes must be/],
    [{ scopes: ["x".repeat(1_000), "y".repeat(24)] }, /scopes must have at most 1024 characters together/],
    [{ label: "" }, /label must be null, or a string/],
    [{ label: "l\0" }, /label must be/],
    [{ expiresAt: new Date(NOW) }, /expiresAt must be a Date in the future/],
    [{ expiresAt: "2040-01-01" }, /expiresAt must be a Date/],
    [{ expiresAt: undefined }, /expiresAt is undefined; give it a value, or leave it out/],
    [{ scope: ["a"] }, /create: there is no option "scope"; the options are userId, scopes/],
  ])("refuses %j", async (change, why) => {
    const { keys, calls } = keyRoomOf();
    await expect(keys.create({ userId: "user-1", ...change } as never)).rejects.toThrow(why);
    expect(calls.insert).toBe(0);
  });
});

describe("rotate", () => {
  it.each<readonly [object, RegExp]>([
    [{ overlap: "soon" }, /overlap must be a whole number of seconds from 0/],
    [{ expiresAt: new Date(NOW - 1) }, /expiresAt must be a Date in the future/],
    [{ overlpa: 1 }, /rotate: there is no option "overlpa"; the options are overlap, expiresAt/],
  ])("refuses %j", async (options, why) => {
    const { keys } = keyRoomOf();
    const { apiKey } = await createdBy(keys);
    await expect(keys.rotate("user-1", apiKey.id, options as never)).rejects.toThrow(why);
  });
});

it.each(["list", "revoke", "revokeAll", "rotate"] as const)("%s refuses what is no user's id", async (method) => {
  for (const userId of [undefined, "", 7]) {
    await expect(keyRoomOf().keys[method](userId as never, "id")).rejects.toThrow(/a user's id is a non-empty string/);
  }
});

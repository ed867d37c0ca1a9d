import { describe, expect, it } from "vitest";
import type { ApiKeysOptions } from "../../src/api-keys/options.ts";
import { AuthError } from "../../src/core/errors.ts";
import type { ApiKeyStore, StoredApiKey } from "../../src/stores/contract.ts";
import { createdBy, type KeyRoom, keyRoomOf } from "../support/api-keys.ts";

type Use = (room: KeyRoom, key: string, id: string) => Promise<unknown>;

/** What each method of the store is asked for, and the operation that asks. */
const USES: readonly (readonly [keyof ApiKeyStore, string, Use])[] = [
  ["insert", "createKey", ({ keys }) => keys.create({ userId: "user-1" })],
  ["find", "verifyKey", ({ keys }, key) => keys.verify(key)],
  ["list", "listKeys", ({ keys }) => keys.list("user-1")],
  ["list", "rotateKey", ({ keys }, _key, id) => keys.rotate("user-1", id)],
  ["replace", "rotateKey", ({ keys }, _key, id) => keys.rotate("user-1", id)],
  ["revoke", "revokeKey", ({ keys }, _key, id) => keys.revoke("user-1", id)],
  ["revokeAll", "revokeKeys", ({ keys }) => keys.revokeAll("user-1")],
];

const FAULTS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error("secret driver text");
  },
  rejects: () => Promise.reject(new Error("secret driver text")),
  hangs: () => new Promise(() => undefined),
};

/** The refusal that something comes to, and what a listener was told. */
async function outageOf(
  change: Partial<ApiKeyStore>,
  use: Use,
  options: Partial<ApiKeysOptions> = {},
): Promise<{ error: AuthError; told: readonly unknown[] }> {
  const first = keyRoomOf();
  const { key, apiKey } = await createdBy(first.keys);
  const told: unknown[] = [];
  const onOutage = (_error: AuthError, context: object) => void told.push(context);
  const room = keyRoomOf({ storeTimeoutMs: 20, onOutage, ...options }, change, first);
  const error: unknown = await use(room, key, apiKey.id).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(AuthError);
  expect((error as AuthError).code).toBe("unavailable");
  expect(JSON.stringify([error, told])).not.toContain("secret driver text");
  return { error: error as AuthError, told };
}

describe.each(Object.entries(FAULTS))("a store that %s", (_fault, fail) => {
  it.each(USES)("at %s is 503 in time, told once as %s", async (method, operation, use) => {
    const { told } = await outageOf({ [method]: fail }, use);
    const call = `apiKeys.${method}`;
    expect(told).toEqual([{ operation, refused: true, call, durationMs: expect.any(Number) }]);
  });
});

const good: StoredApiKey = {
  id: "key-1",
  userId: "user-1",
  label: null,
  hint: "a1B2",
  scopes: [],
  createdAt: new Date(0),
  expiresAt: null,
  lastUsedAt: null,
  replacedBy: null,
  digest: "digest",
};

describe("an answer that does not fit is an outage that names the member", () => {
  it.each<readonly [unknown, string]>([
    [undefined, "apiKeys.find: a key must be an object, got undefined: where there is none, answer null"],
    [7, "a key must be an object, got a number"],
    [good, "apiKeys.find: it answered with another key"],
    [{ ...good, id: "" }, "id must be a non-empty string of at most 1024 characters"],
    [{ ...good, userId: 7 }, "userId must be a non-empty string"],
    [{ ...good, label: 7 }, "label must be a string or null, got a number"],
    [{ ...good, hint: null }, "hint must be a string, got null"],
    [{ ...good, scopes: "a b" }, "scopes must be a list of strings, got a string"],
    [{ ...good, scopes: [7] }, "scopes must be a list of strings, got a list"],
    [{ ...good, createdAt: 7 }, "createdAt must be a valid Date, got a number"],
    [{ ...good, expiresAt: new Date(Number.NaN) }, "expiresAt must be a valid Date or null, got an object"],
    [{ ...good, lastUsedAt: undefined }, "lastUsedAt must be a valid Date or null, got undefined"],
    [{ ...good, replacedBy: 7 }, "replacedBy must be a non-empty string"],
  ])("find, wrong in way %#", async (answer, words) => {
    const { error } = await outageOf({ find: async () => answer as never }, ({ keys }, key) => keys.verify(key));
    expect((error.cause as Error).message).toContain(words);
  });

  it.each<readonly [keyof ApiKeyStore, unknown, Use, string]>([
    ["insert", 1, ({ keys }) => keys.create({ userId: "user-1" }), "apiKeys.insert: the answer must be true or false"],
    ["list", null, ({ keys }) => keys.list("user-1"), "apiKeys.list: the answer must be a list, got null"],
    ["list", [7], ({ keys }) => keys.list("user-1"), "a key must be an object, got a number"],
    ["list", [{ ...good, userId: "user-2" }], ({ keys }) => keys.list("user-1"), "with a key of another user"],
    ["replace", undefined, ({ keys }, _key, id) => keys.rotate("user-1", id), "must be true or false, got undefined"],
    ["revoke", 0, ({ keys }, _key, id) => keys.revoke("user-1", id), "must be true or false, got a number"],
  ])("%s", async (method, answer, use, words) => {
    const { error } = await outageOf({ [method]: async () => answer }, use);
    expect((error.cause as Error).message).toContain(words);
  });

  it.each([1, "yes", undefined, null])("isActive, %j", async (answer) => {
    const isActive = async () => answer as never;
    const { error, told } = await outageOf({}, ({ keys }, key) => keys.verify(key), { isActive });
    expect((error.cause as Error).message).toContain("isActive: the answer must be true or false");
    expect(told).toMatchObject([{ operation: "verifyKey", call: "isActive" }]);
  });
});

it("a lookup that fails is not remembered, and each request that waited for it is refused and told", async () => {
  let isDown = true;
  const first = keyRoomOf();
  const { key } = await createdBy(first.keys);
  const told: unknown[] = [];
  const find: ApiKeyStore["find"] = async (digest) => {
    if (isDown) throw new Error("down");
    return first.store.find(digest);
  };
  const room = keyRoomOf({ onOutage: (_error, { call }) => told.push(call) }, { find }, first);
  const answers = await Promise.allSettled([room.keys.verify(key), room.keys.verify(key)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(told).toEqual(["apiKeys.find", "apiKeys.find"]);
  expect(room.calls.find).toBe(1);
  isDown = false;
  await room.keys.verify(key);
});

it("a key that is remembered is good while the store is down", async () => {
  let isDown = false;
  const first = keyRoomOf();
  const { key } = await createdBy(first.keys);
  const find: ApiKeyStore["find"] = async (digest) => {
    if (isDown) throw new Error("down");
    return first.store.find(digest);
  };
  const room = keyRoomOf({ onOutage: () => undefined }, { find }, first);
  await room.keys.verify(key);
  isDown = true;
  await room.keys.verify(key);
  room.clock.now += 10_000;
  await expect(room.keys.verify(key)).rejects.toMatchObject({ code: "unavailable" });
});

it("a store without promises will do, and one whose lists hold more than they should is not passed on", async () => {
  const first = keyRoomOf();
  const { apiKey } = await createdBy(first.keys);
  const list = (userId: string) =>
    first.store.list(userId).then((keys) => keys.map((key) => ({ ...key, digest: "digest" })));
  const room = keyRoomOf({}, { list, revoke: (() => true) as never }, first);
  expect(await room.keys.list("user-1")).toEqual([apiKey]);
  expect(await room.keys.revoke("user-1", apiKey.id)).toBe(true);
});

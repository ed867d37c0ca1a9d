import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RedisSend, redisApiKeys } from "../../../src/stores/redis.ts";
import { newApiKey } from "../../support/api-key-races.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";
import { type Connection, connected } from "./clients.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;

describe.skipIf(redisUrl === null)("API keys in Redis leave nothing behind", () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connected();
  });
  afterAll(() => connection.close());
  let prefix: string;
  beforeEach(() => {
    prefix = `${crypto.randomUUID()}:`;
  });

  const openStore = (send: RedisSend = connection.send) => redisApiKeys({ send, prefix });
  /** A connection that is lost at the first command of a name. */
  const losing = (lost: string): RedisSend => {
    let isUp = true;
    return async (command, ...parameters) => {
      isUp &&= command !== lost;
      if (!isUp) throw new Error("the connection was lost");
      return connection.send(command, ...parameters);
    };
  };
  const readTtl = async (digest: string) => Number(await connection.send("PTTL", `${prefix}api-key:${digest}`));
  const countKeys = async () => ((await connection.send("KEYS", `${prefix}*`)) as unknown[]).length;

  it.each(["EVAL", "PERSIST"])("where the client stops before %s", async (lost) => {
    const key = newApiKey();
    await expect(openStore(losing(lost)).insert(key, 10)).rejects.toThrow("the connection was lost");
    const ttl = await readTtl(key.digest);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(HOUR);
    await openStore().revokeAll(key.userId);
    expect(await openStore().find(key.digest)).toBeNull();
  });

  it("but keys that still count, where another is created by a clock that is ahead", async () => {
    const now = Date.now();
    const old = newApiKey({ userId: "user-1", createdAt: new Date(now), expiresAt: new Date(now + HOUR) });
    const ahead = { userId: "user-1", createdAt: new Date(now + DAY), expiresAt: new Date(now + 2 * DAY) };
    expect(await openStore().insert(old, 1)).toBe(true);
    expect(await openStore().insert(newApiKey(ahead), 1)).toBe(true);
    expect(await openStore().insert(newApiKey(ahead), 1)).toBe(false);
    expect(await openStore().find(old.digest)).not.toBeNull();
  });

  it.each(["DEL", "HDEL"])("where a revocation stops before %s and is sent again", async (lost) => {
    const key = newApiKey();
    await openStore().insert(key, 10);
    await expect(openStore(losing(lost)).revoke(key.userId, key.id)).rejects.toThrow("the connection was lost");
    expect(await openStore().revoke(key.userId, key.id)).toBe(true);
    expect(await countKeys()).toBe(0);
  });

  it.each(["DEL", "HDEL"])("where the revocation of all stops before %s and is sent again", async (lost) => {
    const keys = [1, 2, 3].map(() => newApiKey({ userId: "user-1" }));
    for (const key of keys) await openStore().insert(key, 10);
    await expect(openStore(losing(lost)).revokeAll("user-1")).rejects.toThrow("the connection was lost");
    await openStore().revokeAll("user-1");
    expect(await countKeys()).toBe(0);
  });

  it("where keys are created and rotated while all are revoked", async () => {
    for (let round = 0; round < 50; round += 1) {
      const old = newApiKey({ userId: "user-1" });
      await openStore().insert(old, 10);
      await Promise.all([
        openStore().replace(old.id, new Date(old.createdAt.getTime() + DAY), newApiKey({ userId: "user-1" })),
        openStore().revokeAll("user-1"),
        openStore().insert(newApiKey({ userId: "user-1" }), 10),
      ]);
      await openStore().revokeAll("user-1");
      expect(await openStore().find(old.digest)).toBeNull();
    }
    const digests = (await connection.send("KEYS", `${prefix}api-key:*`)) as string[];
    const ttls = await Promise.all(digests.map(async (key) => Number(await connection.send("PTTL", key))));
    expect(ttls.filter((ttl) => ttl < 0)).toEqual([]);
  });

  it("where a key that was to live for ever is rotated", async () => {
    const old = newApiKey({ createdAt: new Date() });
    const next = newApiKey({ userId: old.userId, createdAt: new Date() });
    await openStore().insert(old, 10);
    expect(await openStore().replace(old.id, new Date(next.createdAt.getTime() + DAY), next)).toBe(true);
    expect(await readTtl(old.digest)).toBeGreaterThan(DAY);
    expect(await readTtl(old.digest)).toBeLessThanOrEqual(DAY + MINUTE);
    expect(await readTtl(next.digest)).toBe(-1);
    expect(await openStore().replace(old.id, new Date(), newApiKey({ userId: old.userId }))).toBe(false);
    expect(await openStore().replace("another", new Date(), newApiKey({ userId: old.userId }))).toBe(false);
  });

  it("sooner than what takes a key's place, which lives longer than all before it", async () => {
    const old = newApiKey({ createdAt: new Date(), expiresAt: new Date(Date.now() + HOUR) });
    const next = newApiKey({ userId: old.userId, createdAt: new Date(), expiresAt: new Date(Date.now() + DAY) });
    await openStore().insert(old, 10);
    expect(await openStore().replace(old.id, new Date(), next)).toBe(true);
    const [key = ""] = (await connection.send("KEYS", `${prefix}*:api-keys`)) as string[];
    expect(Number(await connection.send("PTTL", key))).toBeGreaterThan(DAY - MINUTE);
  });
});

it.each([undefined, null, "QUEUED", 1])("a reply of %j is no word of having stored an API key", async (reply) => {
  const sent: string[] = [];
  const send: RedisSend = async (command) => {
    sent.push(command);
    return reply;
  };
  await expect(redisApiKeys({ send, prefix: "x:" }).insert(newApiKey(), 10)).rejects.toThrow(/can't reply/);
  expect(sent).toEqual(["SET"]);
});

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RedisSend, redisOneTimeStore } from "../../../src/stores/redis.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";
import { type Connection, connected } from "./clients.ts";

const NOW = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const at = (ms: number): Date => new Date(NOW + ms);
const tokenOf = (digest: string, userId = "user-1", ends = HOUR) => ({
  digest,
  purpose: "code:x",
  userId,
  data: "null",
  expiresAt: at(ends),
});

/** Stands in for a server that replies what it is told to, and then its last reply for ever. */
const saying = (...replies: unknown[]) => {
  const rest = [...replies];
  return redisOneTimeStore({ send: async () => (rest.length > 1 ? rest.shift() : rest[0]) });
};

describe.skipIf(redisUrl === null)("what Redis keeps", () => {
  let connection: Connection;
  let prefix: string;
  beforeAll(async () => {
    connection = await connected();
  });
  afterAll(() => connection.close());

  const open = (send: RedisSend = connection.send) => {
    prefix = `one-time-${randomUUID()}:`;
    return redisOneTimeStore({ send, prefix });
  };
  const ttls = async (): Promise<Record<string, number>> => {
    const keys = (await connection.send("KEYS", `${prefix}*`)) as string[];
    const entries = keys.sort().map(async (key) => {
      const ttl = Number(await connection.send("PTTL", key));
      return [key.slice(prefix.length), Math.round(ttl / 10_000) * 10_000] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };

  it("leaves by itself a minute after it expires, and after its tries count no more", async () => {
    const store = open();
    await store.put(tokenOf("a"), at(0));
    await store.put(tokenOf("b", "user-2"), at(0));
    expect(await store.countTry("code:x", "user-2", at(0), at(2 * HOUR))).toEqual({ digest: "b", tries: 1 });
    await store.put(tokenOf("c", "user-2", 1_000), at(0));
    await expect.poll(ttls).toEqual({
      "one-time:a": HOUR + 60_000,
      "one-time:c": 60_000,
      "{user-1}:one-time:code:x": HOUR + 60_000,
      "{user-2}:one-time:code:x": 2 * HOUR + 60_000,
    });
  });

  it("leaves within a minute once it is taken, and is one for each user however often one is issued", async () => {
    const store = open();
    for (const digest of ["a", "b", "b", "c"]) await store.put(tokenOf(digest), at(0));
    await expect.poll(async () => Object.keys(await ttls())).toEqual(["one-time:c", "{user-1}:one-time:code:x"]);
    expect(await store.take("c")).toEqual(tokenOf("c"));
    await expect.poll(ttls).toEqual({ "{user-1}:one-time:code:x": 60_000 });
    expect(await connection.send("HKEYS", `${prefix}{user-1}:one-time:code:x`)).not.toContain("tries");
    await store.put(tokenOf("d", "user-1", 2 * HOUR), at(0));
    await expect.poll(ttls).toEqual({ "one-time:d": 2 * HOUR + 60_000, "{user-1}:one-time:code:x": 2 * HOUR + 60_000 });
    expect(await store.take("d")).toEqual(tokenOf("d", "user-1", 2 * HOUR));
  });

  it("is taken by a client that sends its command again, since the reply was lost", async () => {
    const store = open(async (command, ...words) => {
      await connection.send(command, ...words);
      return connection.send(command, ...words);
    });
    await store.put(tokenOf("a"), at(0));
    expect(await store.take("a")).toEqual(tokenOf("a"));
    expect(await store.take("a")).toBeNull();
    expect(await store.countTry("code:x", "user-1", at(0), at(1))).toBeNull();
  });

  it("is taken also where the server is lost right after", async () => {
    const store = open((command, ...words) =>
      command === "DEL" ? Promise.reject(new Error("down")) : connection.send(command, ...words),
    );
    await store.put(tokenOf("a"), at(0));
    await store.put(tokenOf("b"), at(0));
    expect(await store.take("a")).toBeNull();
    expect(await store.take("b")).toEqual(tokenOf("b"));
    expect(await store.take("b")).toBeNull();
  });

  it("is not good before it is stored as its user's", async () => {
    const store = open(async (command, ...words) => {
      if (command === "EVAL") throw new Error("down");
      return connection.send(command, ...words);
    });
    await expect(store.put(tokenOf("a"), at(0))).rejects.toThrow("down");
    expect(await redisOneTimeStore({ send: connection.send, prefix }).take("a")).toBeNull();
  });
});

describe("a reply that Redis can't give", () => {
  it.each([undefined, null, "QUEUED", 1, {}])("%j is no word of having stored", async (reply) => {
    await expect(saying(reply).put(tokenOf("a"), at(0))).rejects.toThrow(/can't reply/);
  });

  it.each([undefined, {}, []])("%j is no digest of what was issued before", async (reply) => {
    await expect(saying("OK", reply).put(tokenOf("a"), at(0))).rejects.toThrow(/can't reply/);
  });

  it.each([undefined, 1, "x", "{}", "[]", '["u"]', '["u",1]'])("%j is no owner", async (reply) => {
    await expect(saying(reply).take("a")).rejects.toThrow(/can't reply/);
    await expect(saying(reply).find("a")).rejects.toThrow(/can't reply/);
  });

  it.each([undefined, "x", {}, [], ["x"], ["x", {}], ["x", "soon"], ["x", null]])("%j is no token", async (reply) => {
    await expect(saying('["p","u"]', reply).take("a")).rejects.toThrow(/can't reply|no whole number/);
    await expect(saying('["p","u"]', reply).find("a")).rejects.toThrow(/can't reply|no whole number/);
  });

  it.each([undefined, "x", {}, [], ["x"], ["x", "many"], ["x", null]])("%j is no try", async (reply) => {
    await expect(saying(reply).countTry("p", "u", at(0), at(1))).rejects.toThrow(/can't reply/);
  });
});

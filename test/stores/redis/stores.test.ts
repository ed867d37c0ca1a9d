import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type RedisOptions,
  type RedisSend,
  redisApiKeys,
  redisBlocklist,
  redisOneTimeStore,
  redisRefreshStore,
} from "../../../src/stores/redis.ts";
import { newApiKey, raceApiKeys, raceRevocations } from "../../support/api-key-races.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";
import { begun, newSession, nextOf } from "../../support/sessions.ts";
import { runs } from "../../support/thorough.ts";
import { type Connection, connected } from "./clients.ts";

const NOW = Date.UTC(2030, 0, 1);
const at = (ms: number): Date => new Date(NOW + ms);
const DAY = 86_400_000;

const needsRedis = describe.skipIf(redisUrl === null);

needsRedis.concurrent("on several connections", () => {
  let connections: Connection[];
  beforeAll(async () => {
    connections = await Promise.all(Array.from({ length: 5 }, () => connected()));
  });
  afterAll(() => {
    for (const { close } of connections) close();
  });
  const storeOf = (index: number) => redisRefreshStore({ send: (connections[index % 5] as Connection).send });

  it("of fifty replacements exactly one is made, time and again", { timeout: 60_000 }, async () => {
    for (let round = 0; round < runs(5, 50); round += 1) {
      const session = await begun(storeOf(0));
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => storeOf(index).replaceSession(session, nextOf(session))),
      );
      expect(answers.filter((answer) => answer).length).toBe(1);
    }
  });

  it(
    "of fifty rotations exactly one is made, and fifty revocations leave nothing, time and again",
    {
      timeout: 60_000,
    },
    () => raceApiKeys((index) => redisApiKeys({ send: (connections[index % 5] as Connection).send })),
  );

  it("no API key is good for whoever asks after it was revoked, time and again", { timeout: 60_000 }, () =>
    raceRevocations((index) => redisApiKeys({ send: (connections[index % 5] as Connection).send })),
  );

  it("sessions that begin and are replaced while all end leave nothing behind", { timeout: 60_000 }, async () => {
    for (let round = 0; round < runs(50, 200); round += 1) {
      const session = await begun(storeOf(0));
      const { userId } = session;
      const late = newSession({ userId });
      await Promise.all([
        storeOf(1).replaceSession(session, nextOf(session)),
        storeOf(2).startSession(late, 0, 100),
        storeOf(4).endSessions(userId, at(1)),
      ]);
      expect((await storeOf(0).findSession(session.family))?.ended).toBe("logout");
      expect((await storeOf(0).findSession(late.family))?.ended ?? "logout").toBe("logout");
      expect(await storeOf(1).sessions(userId, at(0))).toEqual([]);
    }
  });
});

async function ttlsOf(send: RedisSend, prefix: string): Promise<Record<string, number>> {
  const keys = (await send("KEYS", `${prefix}*`)) as string[];
  const ttls = await Promise.all(keys.map(async (key) => [key.slice(prefix.length), await send("PTTL", key)] as const));
  return Object.fromEntries(ttls.map(([key, ttl]) => [key, Math.round(Number(ttl) / 10_000) * 10_000]));
}

needsRedis.concurrent("every key", () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connected();
  });
  afterAll(() => connection.close());

  it("leaves by itself, a minute after what it is about, and never sooner for being told again", async () => {
    const { send } = connection;
    const prefix = `keys-${randomUUID()}:`;
    const store = redisRefreshStore({ send, prefix });
    const session = await begun(store, { userId: "user-1" });
    await begun(store, { userId: "user-1", expiresAt: at(DAY / 2), family: "shorter" });
    await begun(store, { userId: "user-6", expiresAt: at(DAY), family: "longer" });
    await begun(store, { userId: "user-6", expiresAt: at(DAY / 2), family: "short" });
    await store.replaceSession(session, nextOf(session, { expiresAt: at(2 * DAY) }));
    await store.endSessions("user-2", at(0));
    const minute = 60_000;
    const keys = redisApiKeys({ send, prefix });
    await keys.insert(newApiKey({ userId: "user-3", digest: "short", expiresAt: at(DAY) }), 9);
    await keys.insert(newApiKey({ userId: "user-3", digest: "long", expiresAt: at(3 * DAY) }), 9);
    await keys.insert(newApiKey({ userId: "user-3", digest: "middle", expiresAt: at(2 * DAY) }), 9);
    await keys.insert(newApiKey({ userId: "user-4", digest: "endless" }), 9);
    await keys.insert(newApiKey({ userId: "user-4", digest: "ending", expiresAt: at(DAY) }), 9);
    await keys.insert(newApiKey({ userId: "user-5", digest: "first", expiresAt: at(DAY) }), 9);
    await keys.insert(newApiKey({ userId: "user-5", digest: "endless-later" }), 9);
    await keys.insert(newApiKey({ userId: "user-5", digest: "refused" }), 1);
    const kept = -0; // Such a key stays until it is deleted.
    expect(await ttlsOf(send, prefix)).toEqual({
      "{user-1}:sessions": 2 * DAY + minute,
      [`family:${session.family}`]: 2 * DAY + minute,
      "family:shorter": DAY / 2 + minute,
      "{user-6}:sessions": DAY + minute,
      "family:longer": DAY + minute,
      "family:short": DAY / 2 + minute,
      "{user-2}:endings": DAY,
      "{user-3}:api-keys": 3 * DAY + minute,
      "api-key:short": DAY + minute,
      "api-key:long": 3 * DAY + minute,
      "api-key:middle": 2 * DAY + minute,
      "{user-4}:api-keys": kept,
      "api-key:endless": kept,
      "api-key:ending": DAY + minute,
      "{user-5}:api-keys": kept,
      "api-key:first": DAY + minute,
      "api-key:endless-later": kept,
    });
  });

  it.each([0, 3_600_000, -3_600_000])(
    "of a revocation leaves a minute after its end, by the later of the clocks: the writer's is %i ms ahead",
    async (ahead) => {
      const { send } = connection;
      const prefix = `keys-${randomUUID()}:`;
      const now = Date.now();
      const blocklist = redisBlocklist({ send, prefix, now: () => Date.now() + ahead });
      const end = (ms: number): Date => new Date(now + ms);
      await blocklist.revokeToken("t", end(DAY), "user-1");
      await blocklist.revokeToken("t", end(1), "user-1");
      await blocklist.revokeSession("s", end(DAY), "user-1");
      await blocklist.revokeUser("user-1", end(0), end(DAY), ["s2"]);
      await blocklist.revokeUser("user-1", end(0), end(1), ["s2"]);
      await blocklist.revokeToken("past", end(-2 * 3_600_000), "user-1");
      const ttl = DAY + 60_000 + Math.max(0, -ahead);
      expect(await ttlsOf(send, prefix)).toEqual({
        "{user-1}:revoked:token:t": ttl,
        "{user-1}:revoked:session:s": ttl,
        "{user-1}:revoked:session:s2": ttl,
        "{user-1}:revoked": ttl,
        [`{${prefix}revocations}:book`]: ttl,
      });
    },
  );

  it("of an ended session leaves when it is deleted, and of an expired one when another begins", async () => {
    const { send } = connection;
    const prefix = `left-${randomUUID()}:`;
    const store = redisRefreshStore({ send, prefix });
    const userId = "user-1";
    const at = (ms: number): Date => new Date(Date.UTC(2020, 0, 1) + ms);
    for (const [family, end] of [
      ["one", 10],
      ["two", 11],
      ["three", 20],
    ] as const) {
      await begun(store, { userId, sid: family, family, createdAt: at(0), expiresAt: at(end) });
    }
    await begun(store, { userId, sid: "late", family: "late", createdAt: at(10) });
    expect(((await send("HKEYS", `${prefix}{user-1}:sessions`)) as string[]).sort()).toEqual(["late", "three", "two"]);
    await store.endSession("two", userId, "logout");
    await store.deleteSessions(userId, ["two", "three"]);
    const deleted = await store.startSession(newSession({ userId, family: "last", createdAt: at(11) }), 0, 1);
    expect([...(deleted ?? [])].sort()).toEqual(["late", "three"]);
    await store.endSessions("user-2", at(11));
    expect(await store.startSession(newSession({ userId: "user-2", family: "refused" }), 0, 1)).toBeNull();
    const families = (await send("KEYS", `${prefix}family:*`)) as string[];
    expect(families.map((key) => key.slice(prefix.length)).sort()).toEqual(["family:last", "family:one"]);
  });

  it("of a session stays where another begins by a clock that is ahead, and takes no place of it", async () => {
    const store = redisRefreshStore({ send: connection.send, prefix: `ahead-${randomUUID()}:` });
    const [now, userId] = [Date.now(), randomUUID()];
    const living = await begun(store, { userId, createdAt: new Date(now), expiresAt: new Date(now + 3_600_000) });
    const ahead = newSession({ userId, createdAt: new Date(now + DAY) });
    expect(await store.startSession(ahead, 0, 1)).toEqual([]);
    expect(await store.findSession(living.family)).toEqual(living);
  });

  it("of a live session takes no kilobyte, however often it is refreshed and whatever answers are lost", async () => {
    const { send } = connection;
    const prefix = `size-${randomUUID()}:`;
    const store = redisRefreshStore({ send, prefix });
    const { auth } = houseOf({ like: { ...houseOf(), store }, more: { storeTimeoutMs: 5_000 } });
    let { refreshToken } = await auth.login(READER);
    for (let generation = 0; generation < runs(10, 30); generation += 1) {
      const lost = refreshToken;
      for (let again = 0; again < 8; again += 1) ({ refreshToken } = await auth.refresh(lost));
    }
    const keys = (await send("KEYS", `${prefix}*`)) as string[];
    expect(keys.length).toBe(2);
    const sizes = await Promise.all(keys.map((key) => send("MEMORY", "USAGE", key)));
    expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBeLessThan(1_024);
  });
});

describe("a Redis store", () => {
  const MAKERS = { redisBlocklist, redisOneTimeStore, redisRefreshStore };

  it.each(Object.entries(MAKERS))("%s refuses what is no client, and sends nothing when it is made", (_name, make) => {
    for (const options of [undefined, null]) {
      expect(() => make(options as never)).toThrow(/takes a plain object with options: send, prefix/);
    }
    for (const method of ["call", "sendCommand"]) {
      const client = { [method]: () => null };
      expect(() => make(client as never)).toThrow(/give the client as { send: \(\.\.\.command\) => client\.call/);
    }
    for (const options of [{}, { send: "redis://" }]) {
      expect(() => make(options as RedisOptions)).toThrow(/send must be a function/);
    }
    for (const prefix of ["", "a{b", "}", 1, null]) {
      expect(() => make({ send: async () => null, prefix: prefix as string })).toThrow(
        /prefix must be a non-empty string/,
      );
    }
    let sent = 0;
    make({
      send: async () => {
        sent += 1;
      },
    });
    expect(sent).toBe(0);
  });

  const asked = { jti: "t", sid: null, userId: "u", issuedAt: at(0) };
  const saying = (...replies: unknown[]) => {
    const rest = [...replies];
    return { send: async () => (rest.length > 1 ? rest.shift() : rest[0]) };
  };

  it.each([undefined, null, "x", 1, {}, [], [null], [null, {}], [null, null, null], [{}, null], ["soon", null]])(
    "takes %j for no answer to what is revoked",
    async (reply) => {
      await expect(redisBlocklist(saying(reply)).isRevoked(asked)).rejects.toThrow(/can't reply/);
    },
  );

  it.each([undefined, null, "x", [], [1.5], ["soon"], [null, null]])(
    "takes %j for no answer to a cut",
    async (reply) => {
      await expect(redisBlocklist(saying(reply)).revokedUpTo?.("u")).rejects.toThrow(/can't reply/);
    },
  );

  it.each([new Error("down"), undefined, { message: "READONLY" }])("hands on %s as it was thrown", async (error) => {
    const list = redisBlocklist({
      send: () => Promise.reject(error),
      feed: { send: async () => null, retentionMs: 1 },
    });
    const thrown = await Promise.resolve(list.revokeToken("t", new Date(), "u")).catch((it: unknown) => ({ it }));
    expect(thrown).toEqual({ it: error });
  });

  it.each([undefined, null, "QUEUED", 1, {}])("takes %j for no word of having stored", async (reply) => {
    const store = redisRefreshStore(saying(reply));
    const session = newSession();
    await expect(redisBlocklist(saying(reply)).revokeToken("t", new Date(8.64e15), "u")).rejects.toThrow(
      /can't reply|counts for 1 ms/,
    );
    await expect(store.startSession(session, 0, 1)).rejects.toThrow(/can't reply/);
    await expect(store.replaceSession(session, session)).rejects.toThrow(/can't reply/);
    if (reply !== null) {
      await expect(redisRefreshStore(saying("OK", reply)).startSession(session, 0, 1)).rejects.toThrow(/can't reply/);
    }
    if (reply !== null && reply !== 1) {
      await expect(redisRefreshStore(saying("OK", reply)).replaceSession(session, session)).rejects.toThrow(/can't/);
    }
    if (reply !== null) await expect(store.endSession("s", "u", "logout")).rejects.toThrow(/can't reply/);
    await expect(store.endSessions("u", at(0))).rejects.toThrow(/can't reply/);
    await expect(store.sessions("u", at(0))).rejects.toThrow(/can't reply/);
    await expect(store.deleteSessions("u", ["s"])).rejects.toThrow(/can't reply/);
  });

  it("takes 2 for no word of what was done, and text for no count", async () => {
    const session = newSession();
    await expect(redisRefreshStore(saying("OK", 2)).replaceSession(session, session)).rejects.toThrow(/can't reply/);
    for (const state of [2, "x", "+"]) {
      await expect(redisRefreshStore(saying(state)).endSession("s", "u", "logout")).rejects.toThrow(/can't reply/);
      await expect(redisRefreshStore(saying(["s", state])).endSessions("u", at(0))).rejects.toThrow(/can't reply/);
    }
    await expect(redisRefreshStore(saying("many")).endings("u")).rejects.toThrow(/can't reply/);
  });

  it.each([3, 3n, "3", Buffer.from("3")])("reads the count %s, in whatever form a client gives it", async (reply) => {
    expect(await redisRefreshStore(saying(reply)).endings("u")).toBe(3);
  });

  it.each([undefined, 1, "x", "{}", "[]", '["u"]', '["u",1]'])("takes %j for no owner", async (reply) => {
    await expect(redisRefreshStore(saying(reply)).findSession("t")).rejects.toThrow(/can't reply/);
  });

  it.each([undefined, 1, "", "x", "?[1,2,3,4,5,6,7]", "+[1,2]", "+{}", "+x", '+["x",2,"f",4,null,0,""]'])(
    "takes %j for no session",
    async (reply) => {
      await expect(redisRefreshStore(saying('["u","s"]', reply)).findSession("t")).rejects.toThrow(
        /can't reply|no whole number/,
      );
    },
  );

  it("takes a list of odd length for no sessions", async () => {
    await expect(redisRefreshStore(saying(["s"])).sessions("u", at(0))).rejects.toThrow(/can't reply/);
  });
});

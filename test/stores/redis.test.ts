import { randomUUID } from "node:crypto";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { StoredRefreshToken } from "../../src/stores/contract.ts";
import {
  type RedisOptions,
  type RedisSend,
  redisBlocklist,
  redisRefreshStore,
  redisRevocationFeed,
} from "../../src/stores/redis.ts";
import { blocklistContract, refreshStoreContract } from "../../src/testing.ts";
import type { Server } from "../support/servers/postgres.ts";
import { startRedis } from "../support/servers/redis.ts";
import { CLIENTS, type Connection, connected } from "./redis-clients.ts";

const NOW = Date.UTC(2030, 0, 1);
const at = (ms: number): Date => new Date(NOW + ms);
const DAY = 86_400_000;
const token = () => ({ tokenHash: randomUUID(), expiresAt: at(DAY) });

const needsRedis = describe.skipIf(inject("redisUrl") === null);

async function begun(
  store: ReturnType<typeof redisRefreshStore>,
  userId: string = randomUUID(),
): Promise<StoredRefreshToken> {
  const first = token();
  await store.startSession({ sid: randomUUID(), userId, createdAt: at(0), lastUsedAt: at(0) }, first);
  return (await store.findToken(first.tokenHash)) as StoredRefreshToken;
}

needsRedis.each(Object.keys(CLIENTS))("%s", (name) => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connected(name);
  });
  afterAll(() => connection.close());

  describe("sessions", () => {
    it.each(refreshStoreContract(() => redisRefreshStore(connection)))("$name", ({ run }) => run());
  });
  describe("revocations", () => {
    it.each(blocklistContract(() => redisBlocklist(connection)))("$name", ({ run }) => run());
  });
});

needsRedis("on several connections", () => {
  let connections: Connection[];
  beforeAll(async () => {
    connections = await Promise.all(Array.from({ length: 5 }, () => connected()));
  });
  afterAll(() => {
    for (const { close } of connections) close();
  });
  const storeOf = (index: number) => redisRefreshStore(connections[index % 5] as Connection);

  it("of fifty spends exactly one is fresh, fifty times over", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 50; round += 1) {
      const stored = await begun(storeOf(0));
      const spends = Array.from({ length: 50 }, (_, index) => storeOf(index).spend(stored, token(), at(1), at(0)));
      const outcomes = await Promise.all(spends);
      expect(outcomes.filter((outcome) => outcome === "fresh").length).toBe(1);
      expect(outcomes.filter((outcome) => outcome === "sibling").length).toBe(49);
    }
  });

  it("sessions that are spent while they end leave nothing behind", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 200; round += 1) {
      const stored = await begun(storeOf(0));
      const { sid, userId } = stored.session;
      const successors = Array.from({ length: 4 }, token);
      const spends = successors.map((next, index) => storeOf(index).spend(stored, next, at(1), at(0)));
      const end = round % 2 === 0 ? storeOf(4).endSession(sid, userId) : storeOf(4).endSessions(userId);
      await Promise.all([...spends, end]);
      for (const { tokenHash } of successors) expect(await storeOf(0).findToken(tokenHash)).toBeNull();
      expect(await storeOf(1).sessions(userId, at(0))).toEqual([]);
    }
  });
});

async function ttlsOf(send: RedisSend, prefix: string): Promise<Record<string, number>> {
  const keys = (await send("KEYS", `${prefix}*`)) as string[];
  const ttls = await Promise.all(keys.map(async (key) => [key.slice(prefix.length), await send("PTTL", key)] as const));
  return Object.fromEntries(ttls.map(([key, ttl]) => [key, Math.round(Number(ttl) / 10_000) * 10_000]));
}

needsRedis("every key", () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connected();
  });
  afterAll(() => connection.close());

  it("leaves by itself, a minute after what it is about, and never sooner for being told again", async () => {
    const { send } = connection;
    const prefix = `keys-${randomUUID()}:`;
    const store = redisRefreshStore({ send, prefix });
    const stored = await begun(store, "user-1");
    await store.spend(stored, { tokenHash: "next", expiresAt: at(2 * DAY) }, at(1_000), at(0));
    const minute = 60_000;
    expect(await ttlsOf(send, prefix)).toEqual({
      "{user-1}:sessions": 2 * DAY + minute,
      [`{user-1}:token:${stored.tokenHash}`]: DAY + minute,
      "{user-1}:token:next": 2 * DAY + minute,
      [`owner:${stored.tokenHash}`]: DAY + minute,
      "owner:next": 2 * DAY + minute,
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
      });
    },
  );

  it("of a user's sessions leaves when the sessions have ended and another begins", async () => {
    const { send } = connection;
    const store = redisRefreshStore(connection);
    const userId = randomUUID();
    const session = (sid: string, ms: number) => ({ sid, userId, createdAt: at(ms), lastUsedAt: at(ms) });
    await store.startSession(session("one", 0), { tokenHash: randomUUID(), expiresAt: at(10) });
    await store.startSession(session("two", 0), { tokenHash: randomUUID(), expiresAt: at(11) });
    await store.startSession(session("three", 10), { tokenHash: randomUUID(), expiresAt: at(20) });
    await store.startSession(session("ended", 10), { tokenHash: randomUUID(), expiresAt: at(10) });
    expect(await send("HKEYS", `hallpass:{${userId}}:sessions`)).toEqual(["two", "three"]);
  });
});

describe.skipIf(inject("redisUrl") === null)("in a cluster of three", () => {
  let servers: Server[] = [];
  let ioredis: Cluster;
  let nodeRedis: ReturnType<typeof createCluster>;
  beforeAll(async () => {
    servers = await Promise.all([0, 1, 2].map(() => startRedis("--cluster-enabled", "yes")));
    const nodes = await Promise.all(servers.map(({ url }) => CLIENTS.ioredis?.(url) as Promise<Connection>));
    const [first] = servers as [Server];
    for (const [index, { send }] of nodes.entries()) {
      const from = Math.ceil((16_384 * index) / 3);
      await send("CLUSTER", "ADDSLOTSRANGE", String(from), String(Math.ceil((16_384 * (index + 1)) / 3) - 1));
      if (index > 0) await send("CLUSTER", "MEET", "127.0.0.1", String(first.port));
    }
    for (const { send } of nodes) {
      while (!String(await send("CLUSTER", "INFO")).includes("cluster_state:ok")) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    for (const { close } of nodes) close();
    ioredis = new Cluster(servers.map(({ port }) => ({ host: "127.0.0.1", port })));
    nodeRedis = createCluster({ rootNodes: servers.map(({ url }) => ({ url })) });
    await nodeRedis.connect();
  }, 60_000);
  afterAll(async () => {
    ioredis?.disconnect();
    nodeRedis?.destroy();
    await Promise.all(servers.map(({ stop }) => stop()));
  });

  const KEYS_AT: Readonly<Record<string, number>> = { EVAL: 3, XREAD: 6 };
  const SENDS: Readonly<Record<string, RedisSend>> = {
    ioredis: (...command) => ioredis.call(...command),
    "node-redis": (...command) => nodeRedis.sendCommand(command[KEYS_AT[command[0]] ?? 1], false, command),
  };
  describe.each(Object.entries(SENDS))("by %s", (_name, send) => {
    it.each([
      ...refreshStoreContract(() => redisRefreshStore({ send })),
      ...blocklistContract(() => redisBlocklist({ send })),
      ...blocklistContract(() => redisBlocklist({ send, feedRetentionMs: Number.MAX_SAFE_INTEGER })),
    ])("$name", ({ run }) => run());

    it("publishes before it stores, all of a user's sessions", async () => {
      const prefix = `cluster-${randomUUID()}:`;
      const feed = redisRevocationFeed({ send, prefix });
      const sent: string[] = [];
      const failing: RedisSend = async (...command) => {
        const key = String(command[3]);
        sent.push(key.includes("{user-") ? "a user's" : "the stream");
        if (sent.length > 1 && key.includes("{user-")) throw new Error("crashed");
        return send(...command);
      };
      const list = redisBlocklist({ send: failing, prefix, feedRetentionMs: DAY });
      const later = new Date(Date.now() + 60_000);
      const revoking = async () => list.revokeUser("user-1", new Date(), later, ["s1", "s2"]);
      await expect(revoking).rejects.toThrow("crashed");
      expect(sent).toEqual(["a user's", "the stream", "a user's"]);
      await expect(revoking).rejects.toThrow("crashed");
      expect(sent.slice(3), "what a cluster is it learns once").toEqual(["the stream", "a user's"]);
      const page = await feed.read(null, 0);
      expect(page.revocations.map(({ id }) => id)).toEqual(["user-1", "s1", "s2", "user-1", "s1", "s2"]);
      expect((await feed.read(page.cursor, 1)).revocations).toEqual([]);
    });
  });
});

describe("a Redis store", () => {
  const MAKERS = { redisBlocklist, redisRefreshStore };

  it.each(Object.entries(MAKERS))("%s refuses what is no client, and sends nothing when it is made", (_name, make) => {
    for (const options of [undefined, null, {}, { send: "redis://" }]) {
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

  it.each([undefined, null, "x", 1, {}, [], [null], [null, 1], [null, null, null], [{}, null], ["soon", null]])(
    "takes %j for no answer to what is revoked",
    async (reply) => {
      await expect(redisBlocklist(saying(reply)).isRevoked(asked)).rejects.toThrow(/can't reply/);
    },
  );

  it.each([undefined, null, "x", [], [1], ["soon"], [null, null]])("takes %j for no answer to a cut", async (reply) => {
    await expect(redisBlocklist(saying(reply)).revokedUpTo?.("u")).rejects.toThrow(/can't reply/);
  });

  it.each([new Error("down"), undefined, { message: "READONLY" }])("hands on %s as it was thrown", async (error) => {
    const list = redisBlocklist({ send: () => Promise.reject(error), feedRetentionMs: 1 });
    const thrown = await Promise.resolve(list.revokeToken("t", new Date(), "u")).catch((it: unknown) => ({ it }));
    expect(thrown).toEqual({ it: error });
  });

  it.each([undefined, null, "QUEUED", 1, {}])("takes %j for no word of having stored", async (reply) => {
    const store = redisRefreshStore(saying(reply));
    const session = { sid: "s", userId: "u", createdAt: at(0), lastUsedAt: at(0) };
    const stored = { ...token(), session, spentAt: null };
    await expect(redisBlocklist(saying(reply)).revokeToken("t", new Date(8.64e15), "u")).rejects.toThrow(/can't reply/);
    await expect(store.startSession(session, token())).rejects.toThrow(/can't reply/);
    await expect(redisRefreshStore(saying("OK", reply)).startSession(session, token())).rejects.toThrow(/can't reply/);
    await expect(store.spend(stored, token(), at(1), at(0))).rejects.toThrow(/can't reply/);
    await expect(redisRefreshStore(saying("OK", reply)).spend(stored, token(), at(1), at(0))).rejects.toThrow(
      /can't reply/,
    );
    if (reply !== 1) await expect(store.endSession("s", "u")).rejects.toThrow(/can't reply/);
    await expect(store.endSessions("u")).rejects.toThrow(/can't reply/);
    await expect(store.sessions("u", at(0))).rejects.toThrow(/can't reply/);
  });

  it.each([undefined, 1, "x", "{}", "[]", '["u"]', '["u",1]'])("takes %j for no owner", async (reply) => {
    await expect(redisRefreshStore(saying(reply)).findToken("t")).rejects.toThrow(/can't reply/);
  });

  it.each([
    undefined,
    "x",
    ["[1,2,3]", "1"],
    ["x", "1", ""],
    ["{}", "1", ""],
    ["[1,2]", "1", ""],
    ['[1,2,"3"]', "1", ""],
    ["[1,2,3]", "soon", ""],
    ["[1,2,3]", "", ""],
    ["[1,2,3]", null, ""],
    ["[1,2,3]", "1", "now"],
  ])("takes %j for no token", async (reply) => {
    await expect(redisRefreshStore(saying('["u","s"]', reply)).findToken("t")).rejects.toThrow(
      /can't reply|no instant/,
    );
  });

  it("takes a list of odd length for no sessions", async () => {
    await expect(redisRefreshStore(saying(["s"])).sessions("u", at(0))).rejects.toThrow(/can't reply/);
  });
});

import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import type { RevocationPage } from "../../../src/stores/contract.ts";
import { type RedisSend, redisBlocklist } from "../../../src/stores/redis.ts";
import { replicatedBlocklist } from "../../../src/stores/replicated.ts";
import { blocklistContract } from "../../../src/testing.ts";
import { startRedis } from "../../support/servers/redis.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";
import { partOf, THOROUGH } from "../../support/thorough.ts";
import { allOf, feedOf, followed, idsOf, later, passing, reference, setRightAfterStart } from "../feeds/reading.ts";
import { connected, readerOf } from "../redis/clients.ts";

describe.skipIf(redisUrl === null).concurrent("a feed of Redis", () => {
  const opened = async () => {
    const { send, close } = await connected();
    const prefix = `feed-${process.hrtime.bigint()}:`;
    const list = redisBlocklist({ send, prefix, feed: { send: readerOf(send), retentionMs: 3_600_000 } });
    return { send, prefix, list, feed: feedOf(list), close };
  };

  it("keeps the contract of blocklists, by both versions of the protocol", { timeout: 60_000 }, async () => {
    const names = partOf(["ioredis", "node-redis", "node-redis, RESP 3"], 0, 2);
    const keep = async (name: string): Promise<void> => {
      const [writer, reader] = [await connected(name), await connected(name)];
      const prefix = `feed-${process.hrtime.bigint()}:`;
      const feed = { send: reader.send, retentionMs: 3_600_000 * 24 };
      const list = replicatedBlocklist({ store: redisBlocklist({ send: writer.send, prefix, feed }) });
      await list.start();
      const cases = blocklistContract(() => list).filter(({ name: promise }) => !promise.includes("far away"));
      await Promise.all(cases.map(({ run }) => run()));
      list.stop();
      writer.close();
      reader.close();
    };
    await Promise.all(names.map(keep));
  });

  it("reads everything there is, page by page, and after it only what is new", async () => {
    const { send, prefix, list, close } = await opened();
    const reader = await connected(); // which may wait, while the other connection writes
    const feed = followed({ send, prefix, feed: { send: reader.send, retentionMs: 3_600_000 } });
    const sizes = THOROUGH ? [2_000, 2_000, 500] : [2_000, 100];
    const count = sizes.reduce((sum, size) => sum + size);
    const nothing = await feed.read(null, 1);
    expect(nothing.revocations).toEqual([]);
    await Promise.all(Array.from({ length: count }, (_, id) => list.revokeToken(`t${id}`, later(), "u")));
    const pages = await allOf(feed, null);
    expect(pages.map(({ revocations }) => revocations.length)).toEqual(sizes);
    expect(new Set(idsOf(...pages)).size).toBe(count);
    const { cursor } = pages.at(-1) as RevocationPage;
    for (const waitMs of [0, 0.5, 1]) expect((await feed.read(cursor, waitMs)).revocations).toEqual([]);
    expect(idsOf(...(await allOf(feed, nothing.cursor))).length).toBe(count);
    const [issuedUpTo, expiresAt] = [new Date(), later()];
    const reading = feed.read(cursor, 10_000);
    await list.revokeUser("\ud800\n", issuedUpTo, expiresAt, ["s 1"]);
    expect((await reading).revocations).toEqual([
      { kind: "user", id: "\ud800\n", issuedUpTo, expiresAt },
      { kind: "session", id: "s 1", expiresAt },
    ]);
    expect(await send("XLEN", `${prefix}revocations`)).toBe(count + 2);
    reader.close();
    close();
  });

  it("publishes and stores in one step, of which nothing is left out", async () => {
    const { send, prefix, feed, close } = await opened();
    await feed.read(null, 1);
    let commands = 0;
    const counting: RedisSend = async (...command) => {
      commands += 1;
      return send(...command);
    };
    const list = redisBlocklist({ send: counting, prefix });
    await list.revokeUser("u", new Date(), later(), ["s1", "s2"]);
    expect(commands).toBe(1);
    expect(idsOf(await feed.read(null, 1))).toEqual(["u", "s1", "s2"]);
    await send("DEL", `${prefix}revocations`);
    await send("SET", `${prefix}revocations`, "no stream");
    await expect(async () => list.revokeToken("unpublished", later(), "u")).rejects.toThrow(/WRONGTYPE/);
    expect(
      await list.isRevoked({ ...reference("unpublished"), userId: "u", issuedAt: new Date(Date.now() + 1e6) }),
    ).toBe(false);
    close();
  });

  it("takes tokens that live just as long as it does, and says how much is needed for others", async () => {
    const { send, prefix, close } = await opened();
    const list = redisBlocklist({ send, prefix, feed: { send: readerOf(send), retentionMs: 900_000 } });
    const feed = feedOf(list);
    for (let nth = 0; nth < 50; nth += 1) await list.revokeToken(`t${nth}`, new Date(Date.now() + 960_000), "u");
    expect((await feed.read(null, 1)).revocations.length).toBe(50);
    const end = new Date(Date.now() + 86_400_000);
    const error = await Promise.resolve(list.revokeToken("t", end, "u")).catch((it: unknown) => it);
    const [, needed] = /make feed.retentionMs at least (\d+) /.exec((error as Error).message) ?? [];
    expect(Math.abs(Number(needed) - 86_400_000)).toBeLessThan(5_000);
    expect(await list.isRevoked({ ...reference("t"), userId: "u" })).toBe(false);
    const longer = { send: readerOf(send), retentionMs: Number(needed) };
    await redisBlocklist({ send, prefix, feed: longer }).revokeToken("t", end, "u");
    await redisBlocklist({ send, prefix }).revokeToken("t2", end, "u");
    expect(idsOf(await feed.read(null, 1)).slice(50)).toEqual(["t", "t2"]);
    close();
  });

  it("loses nothing to a writer whose clock is ahead, or behind", async () => {
    const { send, prefix, list, feed, close } = await opened();
    for (let nth = 0; nth < 300; nth += 1) await list.revokeToken(`t${nth}`, later(), "u");
    for (const ahead of [1e10, -1e10]) {
      const writer = redisBlocklist({ send, prefix, now: () => Date.now() + ahead });
      await writer.revokeToken(`t${ahead}`, later(), "u");
      expect(await list.isRevoked({ ...reference(`t${ahead}`), userId: "u" })).toBe(true);
    }
    expect((await feed.read(null, 1)).revocations.length).toBe(302);
    close();
  });

  it("is read again from the beginning by a copy whose clock was ahead when it was loaded", async () => {
    const { send, prefix, list, close } = await opened();
    const reader = await connected();
    const feed = { send: reader.send, retentionMs: 3_600_000 };
    await feedOf(list).read(null, 1);
    await list.revokeToken("t", new Date(Date.now() + 900_000), "user-1");
    const answers = await setRightAfterStart(redisBlocklist({ send, prefix, feed }), reference("t"));
    expect(answers.filter(([isRevoked]) => !isRevoked)).toEqual([]);
    expect([answers[0], answers.at(-1)]).toEqual([
      [true, true],
      [true, false],
    ]);
    reader.close();
    close();
  });

  it("lets go of entries that are older than what it keeps, which is no gap", async () => {
    const { send, prefix, list, feed, close } = await opened();
    const [stream, book] = [`${prefix}revocations`, `${prefix}{${prefix}revocations}:book`];
    const old = Date.now() - 30_000_000;
    let last = "0-0";
    for (let nth = 0; nth < 300; nth += 1) {
      const entry = JSON.stringify(["token", `old${nth}`, old + 1, null]);
      const fields = ["revocation", entry, "after", last, "until", String(nth === 0 ? 0 : old + 1)];
      last = (await send("XADD", stream, `${old}-${nth + 1}`, ...fields)) as string;
    }
    await send("HSET", book, "life", "l", "last", last, "ends", String(old + 1), "kept", "3600000");
    const before = await feed.read(null, 1);
    expect(before.revocations.length).toBe(300);
    await list.revokeToken("new", later(), "u");
    expect(await send("XLEN", stream)).toBeLessThan(200);
    expect(idsOf(await feed.read(before.cursor, 1))).toEqual(["new"]);
    expect(idsOf(await feed.read(null, 1))).toContain("new");
    close();
  });

  it.each<readonly [string, (send: RedisSend, stream: string) => Promise<unknown>]>([
    ["cut", (send, stream) => send("XTRIM", stream, "MAXLEN", "=", "1")],
    ["emptied", (send, stream) => send("XTRIM", stream, "MAXLEN", "=", "0")],
    [
      "robbed of one",
      async (send, stream) => {
        const entries = (await send("XRANGE", stream, "-", "+")) as [string, string[]][];
        await send("XDEL", stream, (entries[3] as [string, string[]])[0]);
      },
    ],
  ])(
    "says so when its stream was %s under a node that was stopped, until that can count no more",
    async (_how, cut) => {
      const { send, prefix, list, feed, close } = await opened();
      const [stream, book] = [`${prefix}revocations`, `${prefix}{${prefix}revocations}:book`];
      await list.revokeToken("t0", later(), "u");
      const before = await feed.read(null, 1);
      for (let nth = 1; nth < 10; nth += 1) await list.revokeToken(`t${nth}`, later(), "u");
      await cut(send, stream);
      for (const cursor of [before.cursor, null]) {
        await expect(feed.read(cursor, 1)).rejects.toThrow(
          /revocations that may count until 20.* were removed from the stream/,
        );
      }
      const told: unknown[] = [];
      const copy = replicatedBlocklist({ store: list, onFeedError: (error) => void told.push(error) });
      copy.start().catch(() => undefined);
      while (told.length === 0) await passing(5);
      expect(await copy.isRevoked({ ...reference("t5"), userId: "u" })).toBe(true);
      copy.stop();
      const ahead: RedisSend = async (...command) => {
        const reply = await send(...command);
        return Array.isArray(reply) && reply.length === 5 ? reply.with(3, String(Date.now() + 4e6)) : reply;
      };
      const afterwards = followed({ send, prefix, feed: { send: ahead, retentionMs: 3_600_000 } });
      const page = await afterwards.read(before.cursor, 1);
      expect((await afterwards.read(page.cursor, 1)).revocations).toEqual([]);
      await list.revokeToken("next", later(), "u");
      expect(idsOf(await afterwards.read(page.cursor, 1))).toEqual(["next"]);
      expect(await send("EXISTS", book)).toBe(1);
      close();
    },
  );

  it("reads a server anew that was flushed, also when it holds more than before", async () => {
    const { send, prefix, list, feed, close } = await opened();
    await list.revokeToken("before", later(), "u");
    const { cursor } = await feed.read(null, 1);
    for (const key of (await send("KEYS", `*${prefix}*`)) as string[]) await send("DEL", key);
    const empty = await feed.read(cursor, 1);
    expect(empty.revocations).toEqual([]);
    await list.revokeToken("after", later(), "u");
    const ofAnotherLife = (await feed.read(null, 1)).cursor.replace(/^\S+/, "another");
    for (const known of [ofAnotherLife, cursor, empty.cursor, "7", "x 7-7"])
      expect(idsOf(await feed.read(known, 1))).toEqual(["after"]);
    close();
  });

  it("goes on where only the book was lost", async () => {
    const { send, prefix, list, feed, close } = await opened();
    await list.revokeToken("one", later(), "u");
    await send("DEL", `${prefix}{${prefix}revocations}:book`);
    await list.revokeToken("two", later(), "u");
    expect(idsOf(await feed.read(null, 1))).toEqual(["one", "two"]);
    close();
  });

  it("reads anew where the server that took over had not received everything", { timeout: 60_000 }, async () => {
    const [primary, replica] = [await startRedis(), await startRedis()];
    const clients = [new Redis(primary.url), new Redis(replica.url)] as const;
    let at = 0;
    const send: RedisSend = (...command) => (clients[at] as Redis).call(...command);
    const list = redisBlocklist({ send, feed: { send: readerOf(send), retentionMs: 3_600_000 } });
    const feed = feedOf(list);
    await clients[1].call("REPLICAOF", "127.0.0.1", String(primary.port));
    await list.revokeToken("both", later(), "u");
    while ((await clients[1].call("EXISTS", "hallpass:revocations")) !== 1) await passing(20);
    await clients[1].call("REPLICAOF", "NO", "ONE");
    await list.revokeToken("lost", later(), "u");
    const { cursor } = await feed.read(null, 1);
    at = 1; // the replica takes over
    expect(idsOf(await feed.read(cursor, 1)), "before anything new").toEqual(["both"]);
    await list.revokeToken("new", later(), "u");
    expect(idsOf(await feed.read(cursor, 1)), "after something new").toEqual(["both", "new"]);
    for (const client of clients) client.disconnect();
    await primary.stop();
    await replica.stop();
  });

  const good = ["life", "1-1", "9", "1", '1-1 0-0 0 ["token","t1",9,null]'];
  it.each([
    undefined,
    null,
    "x",
    [],
    [[]],
    { a: 1 },
    good.slice(1),
    good.with(3, null as never),
    good.with(4, "1-1 {"),
    good.with(4, "x"),
  ])("takes %j for no answer", async (reply) => {
    const feedOf = (it: unknown) =>
      followed({ send: async () => "life", feed: { send: async () => it, retentionMs: 3_600_000 } });
    expect(idsOf(await feedOf(good).read(null, 1))).toEqual(["t1"]);
    await expect(feedOf(reply).read(null, 1)).rejects.toThrow();
  });

  it("is published by every writer once anybody follows, also by those that don't", async () => {
    const { send, prefix, feed, close } = await opened();
    const plain = redisBlocklist({ send, prefix });
    const { cursor } = await feed.read(null, 0);
    await plain.revokeUser("u1", new Date(), later(), ["s1"]);
    await redisBlocklist({ send, prefix }).revokeToken("t1", later(), "u1");
    expect(idsOf(await feed.read(cursor, 1))).toEqual(["u1", "s1", "t1"]);
    expect("revocationFeed" in plain).toBe(false);
    close();
  });

  it("says so where revocations were stored before anybody followed, until they can count no more", async () => {
    const { send, prefix, feed, close } = await opened();
    const plain = redisBlocklist({ send, prefix });
    await plain.revokeToken("over", new Date(Date.now() - 30_000), "u");
    expect(idsOf(await feed.read(null, 0)), "what has ended is not missed").toEqual([]);
    for (const key of (await send("KEYS", `${prefix}*`)) as string[]) await send("DEL", key);
    await plain.revokeToken("before", later(), "u");
    let ahead = 0;
    const reader: RedisSend = async (...command) => {
      const reply = await send(...command);
      return Array.isArray(reply) && reply.length === 5 ? reply.with(3, String(Date.now() + ahead)) : reply;
    };
    const store = redisBlocklist({ send, prefix, feed: { send: reader, retentionMs: 3_600_000 } });
    const told: string[] = [];
    const copy = replicatedBlocklist({ store, onFeedError: (error) => void told.push((error as Error).message) });
    const started = copy.start();
    expect(await copy.isRevoked({ ...reference("before"), userId: "u" })).toBe(true);
    while (told.length === 0) await passing(5);
    expect(told[0]).toMatch(/revocations that may count until 20.* were never published, since nobody followed/);
    await plain.revokeToken("meanwhile", later(), "u");
    ahead = 4e6;
    await started;
    expect(copy.isRevoked({ ...reference("meanwhile"), userId: "u" })).toBe(true);
    copy.stop();
    close();
  });

  it("says so where it reads another server or database than is written to", async () => {
    const { send, prefix, close } = await opened();
    const elsewhere = new Redis(`${redisUrl}/1`);
    const feed = { send: (...command: Parameters<RedisSend>) => elsewhere.call(...command), retentionMs: 3_600_000 };
    await expect(followed({ send, prefix, feed }).read(null, 0)).rejects.toThrow(
      /feed.send does not read what send writes/,
    );
    await feedOf(redisBlocklist({ send: feed.send, prefix, feed: { ...feed, send: readerOf(feed.send) } })).read(
      null,
      0,
    );
    await expect(followed({ send, prefix, feed }).read(null, 0)).rejects.toThrow(/connect both to one server/);
    elsewhere.disconnect();
    close();
  });
});

it.each<readonly [object | null, RegExp]>([
  [{ retentionMs: 1 }, /feed.send must be a function/],
  [{ send: "redis://", retentionMs: 1 }, /feed.send must be a function/],
  [{ send: async () => null }, /feed.retentionMs, in milliseconds, must be a whole number/],
  ...[0, 1.5, Number.NaN, "1d"].map(
    (retentionMs) => [{ send: async () => null, retentionMs }, /feed.retentionMs, in milliseconds, must be/] as const,
  ),
  [{ send: async () => null, retentionMS: 1 }, /redisBlocklist: feed: there is no option "retentionMS"/],
  [null, /redisBlocklist: feed takes a plain object/],
])("a feed of Redis can't be %o", (feed, why) => {
  expect(() => redisBlocklist({ send: async () => null, feed: feed as never })).toThrow(why);
});

it("a feed of Redis has a connection of its own", () => {
  const send: RedisSend = async () => null;
  expect(() => redisBlocklist({ send, feed: { send, retentionMs: 1 } })).toThrow(/needs a connection of its own/);
});

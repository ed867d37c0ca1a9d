import "./servers.ts"; // first, so that it starts while the rest is loaded
import { randomUUID } from "node:crypto";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type RedisSend,
  redisBlocklist,
  redisOneTimeStore,
  redisProofs,
  redisRefreshStore,
  redisStatusListStore,
} from "../../../src/stores/redis.ts";
import {
  blocklistContract,
  oneTimeStoreContract,
  proofStoreContract,
  refreshStoreContract,
  statusListStoreContract,
} from "../../../src/testing.ts";
import type { Server } from "../../support/servers/postgres.ts";
import { partOf } from "../../support/thorough.ts";
import { followed } from "../feeds/reading.ts";
import { readerOf } from "../redis/clients.ts";
import { redisCluster } from "./servers.ts";

const DAY = 86_400_000;

describe.skipIf(redisCluster === null).concurrent("in a cluster of three", () => {
  let servers: readonly Server[] = [];
  let ioredis: Cluster;
  let nodeRedis: ReturnType<typeof createCluster>;
  beforeAll(async () => {
    servers = await (redisCluster as Promise<readonly Server[]>);
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
  describe.each(Object.entries(SENDS).map(([name, send], nth) => [name, send, nth] as const))(
    "by %s",
    (_, send, nth) => {
      const cases = [
        ...refreshStoreContract(() => redisRefreshStore({ send })),
        ...oneTimeStoreContract(() => redisOneTimeStore({ send })),
        ...statusListStoreContract(() => redisStatusListStore({ send })),
        ...proofStoreContract(() => redisProofs({ send })),
        ...blocklistContract(() => redisBlocklist({ send })),
        ...blocklistContract(() =>
          redisBlocklist({ send, feed: { send: readerOf(send), retentionMs: Number.MAX_SAFE_INTEGER } }),
        ),
      ];
      it.each(partOf(cases, nth, 6))("$name", ({ run }) => run());

      it("publishes before it stores, all of a user's sessions", async () => {
        const prefix = `cluster-${randomUUID()}:`;
        const feed = followed({ send, prefix, feed: { send: readerOf(send), retentionMs: DAY } });
        const sent: string[] = [];
        const failing: RedisSend = async (...command) => {
          const key = String(command[3]);
          sent.push(key.includes("{user-") ? "a user's" : "the stream");
          if (sent.length > 1 && key.includes("{user-")) throw new Error("crashed");
          return send(...command);
        };
        const list = redisBlocklist({ send: failing, prefix, feed: { send, retentionMs: DAY } });
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
    },
  );
});

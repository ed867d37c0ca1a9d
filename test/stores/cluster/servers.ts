import { Redis } from "ioredis";
import type { Server } from "../../support/servers/postgres.ts";
import { hasRedis, startRedis } from "../../support/servers/redis.ts";

/** Starts three Redis that are one cluster, and waits until it can be written to. */
async function startCluster(): Promise<readonly Server[]> {
  const servers = await Promise.all([0, 1, 2].map(() => startRedis("--cluster-enabled", "yes")));
  const nodes = servers.map(({ url }) => new Redis(url));
  for (const [index, node] of nodes.entries()) {
    const from = Math.ceil((16_384 * index) / 3);
    await node.cluster("ADDSLOTSRANGE", from, Math.ceil((16_384 * (index + 1)) / 3) - 1);
    for (const { port } of servers.slice(0, index)) await node.cluster("MEET", "127.0.0.1", port); // gossip is slow
  }
  for (const node of nodes) {
    while (!(await node.cluster("INFO")).includes("cluster_state:ok")) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    node.disconnect();
  }
  return servers;
}

/** The cluster of this process. Redis takes two seconds to let it be written to: it starts while its tests are loaded. */
export const redisCluster: Promise<readonly Server[]> | null = hasRedis() ? startCluster() : null;
redisCluster?.catch(() => undefined); // its tests tell

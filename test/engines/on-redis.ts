import { randomUUID } from "node:crypto";
import { redisBlocklist, redisRefreshStore } from "../../src/stores/redis.ts";
import { replicatedBlocklist } from "../../src/stores/replicated.ts";
import { blocklistContract } from "../../src/testing.ts";
import type { REDIS } from "./clients.ts";
import type { Stores } from "./flow.ts";
import { onMemory } from "./on-memory.ts";
import { about, addressOf, type Part } from "./part.ts";

/** The contract revokes up to the year 9999, and the stream must keep what counts until then. */
const LONGEST = 9_000 * 365 * 86_400_000;

/** The stores under a prefix of their own, with users in memory, and a copy of the blocklist. */
export async function onRedis(open: (typeof REDIS)[string]): Promise<Stores & Part> {
  const url = addressOf("TEST_REDIS_URL");
  const [own, reader] = [await open(url), await open(url)];
  const { users, add } = onMemory();
  const prefix = `${randomUUID()}:`;
  const options = { send: own.client, prefix };
  const blocklist = redisBlocklist({ ...options, feed: { send: reader.client, retentionMs: LONGEST } });
  const copy = replicatedBlocklist({ store: blocklist });
  await copy.start();
  return {
    users,
    add,
    refresh: redisRefreshStore(options),
    blocklist: redisBlocklist({ ...options, prefix: `${prefix}alone:` }),
    cases: about(
      "a copy",
      blocklistContract(() => copy),
    ),
    close() {
      copy.stop();
      own.close();
      reader.close();
    },
  };
}

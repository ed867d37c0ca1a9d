import { afterAll, beforeAll, describe, it } from "vitest";
import {
  redisApiKeys,
  redisBlocklist,
  redisOneTimeStore,
  redisProofs,
  redisRefreshStore,
  redisStatusListStore,
} from "../../src/stores/redis.ts";
import {
  apiKeyStoreContract,
  blocklistContract,
  type ContractCase,
  oneTimeStoreContract,
  proofStoreContract,
  refreshStoreContract,
  statusListStoreContract,
} from "../../src/testing.ts";
import { redisUrl } from "../support/servers/redis-url.ts";
import { partOf } from "../support/thorough.ts";
import { CLIENTS, type Connection, connected } from "./redis/clients.ts";

/**
 * Describes what the stores of Redis keep, by some of its clients. The clients differ in the form of their answers: in a quick run
 * the first meets every case, and each case meets one of the others.
 *
 * @param range - which of the clients, as `slice` takes it
 */
export function describeRedisStores(...range: [from?: number, to?: number]): void {
  const all = Object.keys(CLIENTS).map((name, nth) => [name, nth] as const);
  // All at once, since each case has keys of its own.
  describe.skipIf(redisUrl === null).concurrent.each(all.slice(...range))("%s", (name, nth) => {
    const part = <Case>(cases: readonly Case[]): readonly Case[] => (nth === 0 ? cases : partOf(cases, nth, 6));
    let connection: Connection;
    beforeAll(async () => {
      connection = await connected(name);
    });
    afterAll(() => connection.close());

    const contracts: Readonly<Record<string, readonly ContractCase[]>> = {
      sessions: refreshStoreContract(() => redisRefreshStore({ send: connection.send })),
      "one-time tokens": oneTimeStoreContract(() => redisOneTimeStore({ send: connection.send })),
      proofs: proofStoreContract(() => redisProofs({ send: connection.send })),
      "API keys": apiKeyStoreContract(() => redisApiKeys({ send: connection.send })),
      "status lists": statusListStoreContract(() => redisStatusListStore({ send: connection.send })),
      revocations: blocklistContract(() => redisBlocklist({ send: connection.send })),
    };
    const cases = Object.entries(contracts).flatMap(([what, cases]) => cases.map((one) => ({ what, ...one })));
    it.each(part(cases))("$what: $name", ({ run }) => run());
  });
}

import { afterAll, beforeAll, describe, it } from "vitest";
import {
  redisApiKeys,
  redisBlocklist,
  redisOneTimeStore,
  redisProofs,
  redisRefreshStore,
  redisStatusListStore,
} from "../../../src/stores/redis.ts";
import {
  apiKeyStoreContract,
  blocklistContract,
  type ContractCase,
  oneTimeStoreContract,
  proofStoreContract,
  refreshStoreContract,
  statusListStoreContract,
} from "../../../src/testing.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";
import { partOf } from "../../support/thorough.ts";
import { CLIENTS, type Connection, connected } from "./clients.ts";

/** The others differ from it in the form of their answers: in a quick run each case meets one of them. */
const WHOLE = "ioredis";

// All at once, since each case has keys of its own.
describe.skipIf(redisUrl === null).concurrent.each(Object.keys(CLIENTS).map((name, nth) => [name, nth] as const))(
  "%s",
  (name, nth) => {
    const part = <Case>(cases: readonly Case[]): readonly Case[] => (WHOLE === name ? cases : partOf(cases, nth, 6));
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
  },
);

import { describe, expect, it } from "vitest";
import { postgresApiKeys } from "../../src/stores/postgres.ts";
import { redisApiKeys, redisStatusListStore } from "../../src/stores/redis.ts";
import { newApiKey } from "../support/api-key-races.ts";

const NONSENSE = /replied with what this command can't reply/;

describe("a store of API keys takes nonsense for no answer", () => {
  it("in Postgres", async () => {
    const saying = (rows: unknown) => postgresApiKeys({ client: { query: async () => ({ rows }) as never } });
    for (const rows of [[], [{}], [{ added: 0 }]]) {
      await expect(saying(rows).insert(newApiKey(), 1)).rejects.toThrow(/no whole number/);
    }
    await expect(saying(undefined).find("digest")).rejects.toThrow(/answered without rows/);
  });

  it.each([7, "", "7", "[]", '["user-1"]', '["user-1",7]'])("in Redis, %j for the owner of a digest", async (owner) => {
    await expect(redisApiKeys({ send: async () => owner }).find("digest")).rejects.toThrow(NONSENSE);
  });

  it.each([7, {}, "", "[]", "[]\n[]", "[false,false,false]\n{}", '{}\n["d",null,"h",[],0]'])(
    "in Redis, %j for a key",
    async (text) => {
      const send = async (command: string) => (command === "GET" ? '["user-1","key-1"]' : text);
      await expect(redisApiKeys({ send }).find("digest")).rejects.toThrow(NONSENSE);
    },
  );

  it("in Redis, for what was written", async () => {
    const store = redisApiKeys({ send: async () => "QUEUED" });
    const next = newApiKey();
    const calls = [
      store.insert(next, 1),
      store.replace("id", new Date(0), next),
      store.touch("user-1", "id", new Date(0)),
    ];
    for (const call of calls) await expect(call).rejects.toThrow(NONSENSE);
    await expect(store.list("user-1")).rejects.toThrow(NONSENSE);
  });
});

describe("a store of status lists takes nonsense for no answer", () => {
  it.each([["0", null], ["0"], "0", ["x", "terms"]].map((reply) => [reply]))(
    "in Redis, %j for places",
    async (reply) => {
      const store = redisStatusListStore({ send: async () => reply });
      await expect(store.allocate("series", 1, "terms")).rejects.toThrow(NONSENSE);
    },
  );

  it.each(["", "zz", "00"])("in Redis, %j for a page", async (page) => {
    const store = redisStatusListStore({ send: async () => ["0", page] });
    await expect(store.read("series", 0)).rejects.toThrow("a page of a status list that is none");
  });
});

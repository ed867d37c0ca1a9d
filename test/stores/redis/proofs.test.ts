import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisProofs } from "../../../src/stores/redis.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";
import { type Connection, connected } from "./clients.ts";

const at = (ms: number): Date => new Date(Date.UTC(2030, 0, 1) + ms);

describe.skipIf(redisUrl === null)("what Redis keeps of a proof", () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connected();
  });
  afterAll(() => connection.close());

  it("leaves by itself a minute after it expires", async () => {
    const prefix = `proofs-${randomUUID()}:`;
    const proofs = redisProofs({ send: connection.send, prefix });
    expect(await proofs.remember("id", at(90_000), at(0))).toBe(true);
    const ttl = Number(await connection.send("PTTL", `${prefix}proof:id`));
    expect(Math.round(ttl / 10_000)).toBe(15);
  });

  it("is answered as before when a client sends the same command again", async () => {
    const prefix = `proofs-${randomUUID()}:`;
    const again: typeof connection.send = async (...command) => {
      await connection.send(...command); // This reply is lost.
      return connection.send(...command);
    };
    const proofs = redisProofs({ send: again, prefix });
    expect(await proofs.remember("id", at(90_000), at(0))).toBe(true);
    expect(await proofs.remember("id", at(90_000), at(0))).toBe(false);
  });
});

it.each([null, "OK", "2", [], true])("a reply of %j is no answer", async (reply) => {
  const proofs = redisProofs({ send: async () => reply });
  await expect(proofs.remember("id", at(1), at(0))).rejects.toThrow(/repl/);
});

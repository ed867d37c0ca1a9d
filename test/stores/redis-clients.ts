import { Redis } from "ioredis";
import { Redis as Valkey } from "iovalkey";
import { createClient } from "redis";
import { inject } from "vitest";
import type { RedisSend } from "../../src/stores/redis.ts";

/** A connection, by one of the clients. */
export interface Connection {
  readonly send: RedisSend;
  close(): unknown;
}

/** Every client of Redis that the stores are for. */
export const CLIENTS: Readonly<Record<string, (url: string) => Promise<Connection>>> = {
  async ioredis(url) {
    const client = new Redis(url);
    client.on("error", () => undefined);
    return { send: (...command) => client.call(...command), close: () => client.disconnect() };
  },
  async iovalkey(url) {
    const client = new Valkey(url);
    client.on("error", () => undefined);
    return { send: (...command) => client.call(...command), close: () => client.disconnect() };
  },
  async "node-redis"(url) {
    const client = createClient({ url });
    client.on("error", () => undefined);
    await client.connect();
    return { send: (...command) => client.sendCommand(command), close: () => client.destroy() };
  },
  async "node-redis, RESP 3"(url) {
    const client = createClient({ url, RESP: 3 });
    client.on("error", () => undefined);
    await client.connect();
    return { send: (...command) => client.sendCommand(command), close: () => client.destroy() };
  },
};

/** Connects to the tests' Redis. */
export function connected(client: keyof typeof CLIENTS = "ioredis"): Promise<Connection> {
  return (CLIENTS[client] as (url: string) => Promise<Connection>)(inject("redisUrl") as string);
}

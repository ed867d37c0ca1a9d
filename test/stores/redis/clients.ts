import { Redis } from "ioredis";
import type { RedisSend } from "../../../src/stores/redis.ts";
import { redisUrl } from "../../support/servers/redis-url.ts";

/** A connection, by one of the clients. */
export interface Connection {
  readonly send: RedisSend;
  close(): unknown;
}

/** Every client of Redis that the stores are for, loaded when it is first used. */
export const CLIENTS: Readonly<Record<string, (url: string) => Promise<Connection>>> = {
  async ioredis(url) {
    const client = new Redis(url);
    client.on("error", () => undefined);
    return { send: (...command) => client.call(...command), close: () => client.disconnect() };
  },
  async iovalkey(url) {
    const { Redis: Valkey } = await import("iovalkey");
    const client = new Valkey(url);
    client.on("error", () => undefined);
    return { send: (...command) => client.call(...command), close: () => client.disconnect() };
  },
  async "ioredis, numbers as text"(url) {
    const client = new Redis(url, { stringNumbers: true });
    client.on("error", () => undefined);
    return { send: (...command) => client.call(...command), close: () => client.disconnect() };
  },
  async "ioredis, texts as buffers"(url) {
    const client = new Redis(url);
    client.on("error", () => undefined);
    return { send: (...command) => client.callBuffer(...command), close: () => client.disconnect() };
  },
  async "node-redis, numbers as text and texts as buffers"(url) {
    const { createClient, RESP_TYPES } = await import("redis");
    const client = createClient({ url, RESP: 3 });
    client.on("error", () => undefined);
    await client.connect();
    const mapped = client.withTypeMapping({ [RESP_TYPES.NUMBER]: String, [RESP_TYPES.BLOB_STRING]: Buffer });
    return { send: (...command) => mapped.sendCommand(command), close: () => client.destroy() };
  },
  async "node-redis"(url) {
    const { createClient } = await import("redis");
    const client = createClient({ url });
    client.on("error", () => undefined);
    await client.connect();
    return { send: (...command) => client.sendCommand(command), close: () => client.destroy() };
  },
  async "node-redis, RESP 3"(url) {
    const { createClient } = await import("redis");
    const client = createClient({ url, RESP: 3 });
    client.on("error", () => undefined);
    await client.connect();
    return { send: (...command) => client.sendCommand(command), close: () => client.destroy() };
  },
};

/** Connects to the tests' Redis. */
export function connected(client: keyof typeof CLIENTS = "ioredis"): Promise<Connection> {
  return (CLIENTS[client] as (url: string) => Promise<Connection>)(redisUrl as string);
}

/** The same connection, as if it were another: for what nobody waits for. */
export function readerOf(send: RedisSend): RedisSend {
  return (...command) => send(...command);
}

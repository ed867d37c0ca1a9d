import { Redis } from "ioredis";
import pg from "pg";
import type { ApiKeyStore, OneTimeStore } from "../../src/stores/contract.ts";
import { postgresApiKeys, postgresOneTimeStore, postgresSchema } from "../../src/stores/postgres.ts";
import { redisApiKeys, redisOneTimeStore } from "../../src/stores/redis.ts";
import { type Server, startPostgres } from "./servers/postgres.ts";
import { startProxy, type TcpProxy } from "./servers/proxy.ts";
import { startRedis } from "./servers/redis.ts";

/** A real server, and the proxy that its clients go through. */
export interface Place {
  readonly server: Server;
  readonly proxy: TcpProxy;
}

interface Stores {
  readonly apiKeys: ApiKeyStore;
  readonly oneTime: OneTimeStore;
  close(): unknown;
}

interface Backend {
  start(): Promise<Server>;
  connect(url: string): Promise<Stores>;
}

/** Opens a pool that waits for a server no longer than the docs advise, and makes the tables there. */
export async function openBoundedPool(url: string): Promise<pg.Pool> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_500,
    statement_timeout: 2_000,
  });
  pool.on("error", () => undefined);
  await pool.query(postgresSchema());
  return pool;
}

export const BACKENDS: Readonly<Record<string, Backend>> = {
  Redis: {
    start: startRedis,
    async connect(url) {
      const client = new Redis(url, { commandTimeout: 2_000, maxRetriesPerRequest: 1, socketTimeout: 3_000 });
      client.on("error", () => undefined);
      const options = { send: (...command: readonly string[]) => client.call(...(command as [string])) };
      return {
        apiKeys: redisApiKeys(options),
        oneTime: redisOneTimeStore(options),
        close: () => client.disconnect(),
      };
    },
  },
  Postgres: {
    start: startPostgres,
    async connect(url) {
      const client = await openBoundedPool(url);
      return {
        apiKeys: postgresApiKeys({ client }),
        oneTime: postgresOneTimeStore({ client }),
        close: () => client.end(),
      };
    },
  },
};

/** Each outage has what begins it and what ends it. */
export const OUTAGES: readonly (readonly [string, (at: Place) => unknown, (at: Place) => unknown])[] = [
  ["connections are refused", ({ proxy }) => proxy.become("cut"), ({ proxy }) => proxy.become("clear")],
  ["the server was killed", ({ server }) => server.kill(), ({ server }) => server.restart()],
  ["the server is paused", ({ server }) => server.pause(), ({ server }) => server.resume()],
  ["the network swallows everything", ({ proxy }) => proxy.become("swallow"), ({ proxy }) => proxy.become("clear")],
  ["the reply is noise", ({ proxy }) => proxy.become("garble"), ({ proxy }) => proxy.become("clear")],
];

/** Starts a server, and connects its stores through a proxy. */
export async function openBackend(backend: Backend): Promise<{ place: Place; stores: Stores }> {
  const server = await backend.start();
  const proxy = await startProxy(server.port);
  const stores = await backend.connect(server.url.replace(String(server.port), String(proxy.port)));
  return { place: { server, proxy }, stores };
}

/** Closes what was opened. */
export async function closeBackend({ place, stores }: { place: Place; stores: Stores }): Promise<void> {
  await stores.close();
  await place.proxy.stop();
  await place.server.stop();
}

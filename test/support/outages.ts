import { Redis } from "ioredis";
import pg from "pg";
import { expect } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import type { ApiKeyStore, OneTimeStore, ProofStore, StatusListStore } from "../../src/stores/contract.ts";
import {
  postgresApiKeys,
  postgresOneTimeStore,
  postgresProofs,
  postgresSchema,
  postgresStatusListStore,
} from "../../src/stores/postgres.ts";
import { redisApiKeys, redisOneTimeStore, redisProofs, redisStatusListStore } from "../../src/stores/redis.ts";
import { type Server, startPostgres } from "./servers/postgres.ts";
import { startProxy, type TcpProxy } from "./servers/proxy.ts";
import { startRedis } from "./servers/redis.ts";

/** How long a call of a store may take: for fifty calls at once, on a machine with other work. */
export const TIME_LIMIT = 600;
/** What an operation may take: two calls at the most, and the machine's own slowness. */
const MOST = 2 * TIME_LIMIT + 700;
/** By when everything works again where the server does. */
const RECOVERY = 8_000;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What became of a call: its answer, or the code of its refusal, within the time. */
export async function timed(work: Promise<unknown>): Promise<unknown> {
  const started = performance.now();
  const outcome = await work.catch((error: unknown) => (isAuthError(error) ? error.code : error));
  expect(performance.now() - started).toBeLessThan(MOST);
  return outcome;
}

/** Waits until a store works again, which a probe tells. */
export async function waitForRecovery(isWell: () => Promise<boolean>): Promise<void> {
  const ended = performance.now();
  while (!(await isWell().catch(() => false))) {
    expect(performance.now() - ended, "recovery").toBeLessThan(RECOVERY);
    await sleep(100);
  }
}

/** A real server, and the proxy that its clients go through. */
export interface Place {
  readonly server: Server;
  readonly proxy: TcpProxy;
}

interface Stores {
  readonly apiKeys: ApiKeyStore;
  readonly oneTime: OneTimeStore;
  readonly proofs: ProofStore;
  readonly statusList: StatusListStore;
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
        proofs: redisProofs(options),
        statusList: redisStatusListStore(options),
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
        proofs: postgresProofs({ client }),
        statusList: postgresStatusListStore({ client }),
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

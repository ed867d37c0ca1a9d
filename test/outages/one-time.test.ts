import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { createOneTimeCodes, type OneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens, type OneTimeTokens } from "../../src/one-time/tokens.ts";
import type { OneTimeStore } from "../../src/stores/contract.ts";
import { postgresOneTimeStore, postgresSchema } from "../../src/stores/postgres.ts";
import { redisOneTimeStore } from "../../src/stores/redis.ts";
import { type Server, startPostgres } from "../support/servers/postgres.ts";
import { startProxy, type TcpProxy } from "../support/servers/proxy.ts";
import { startRedis } from "../support/servers/redis.ts";

const TIME_LIMIT = 300;
/** Two calls at the most, and the machine's own slowness. */
const MOST = 2 * TIME_LIMIT + 700;
const RECOVERY = 8_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Opened {
  readonly store: OneTimeStore;
  close(): unknown;
}

interface Backend {
  start(): Promise<Server>;
  connect(url: string): Promise<Opened>;
}

const BACKENDS: Readonly<Record<string, Backend>> = {
  Redis: {
    start: startRedis,
    async connect(url) {
      const client = new Redis(url, { commandTimeout: 2_000, maxRetriesPerRequest: 1, socketTimeout: 3_000 });
      client.on("error", () => undefined);
      const store = redisOneTimeStore({ send: (...command) => client.call(...(command as [string])) });
      return { store, close: () => client.disconnect() };
    },
  },
  Postgres: {
    start: startPostgres,
    async connect(url) {
      const client = new pg.Pool({
        connectionString: url,
        max: 10,
        connectionTimeoutMillis: 2_000,
        query_timeout: 2_500,
        statement_timeout: 2_000,
      });
      client.on("error", () => undefined);
      await client.query(postgresSchema());
      return { store: postgresOneTimeStore({ client }), close: () => client.end() };
    },
  },
};

interface Place {
  readonly server: Server;
  readonly proxy: TcpProxy;
}

const OUTAGES: readonly (readonly [string, (at: Place) => unknown, (at: Place) => unknown])[] = [
  ["connections are refused", ({ proxy }) => proxy.become("cut"), ({ proxy }) => proxy.become("clear")],
  ["the server was killed", ({ server }) => server.kill(), ({ server }) => server.restart()],
  ["the server is paused", ({ server }) => server.pause(), ({ server }) => server.resume()],
  ["the network swallows everything", ({ proxy }) => proxy.become("swallow"), ({ proxy }) => proxy.become("clear")],
  ["the reply is noise", ({ proxy }) => proxy.become("garble"), ({ proxy }) => proxy.become("clear")],
];

describe.skipIf(inject("redisUrl") === null || inject("postgresUrl") === null)("one-time tokens", () => {
  describe.each(Object.entries(BACKENDS))("of %s", (_name, backend) => {
    let place: Place;
    let opened: Opened;
    let tokens: OneTimeTokens;
    let codes: OneTimeCodes;
    beforeAll(async () => {
      const server = await backend.start();
      place = { server, proxy: await startProxy(server.port) };
      opened = await backend.connect(server.url.replace(String(server.port), String(place.proxy.port)));
      const options = { store: opened.store, storeTimeoutMs: TIME_LIMIT, onOutage: () => undefined };
      tokens = createOneTimeTokens({ ...options, purpose: "reset", lifetime: "1h" });
      codes = createOneTimeCodes({ ...options, purpose: "second-factor" });
    }, 60_000);
    afterAll(async () => {
      await opened.close();
      await place.proxy.stop();
      await place.server.stop();
    });

    /** What became of a call: its answer, or the code of its refusal, within the time. */
    const timed = async (work: Promise<unknown>): Promise<unknown> => {
      const started = performance.now();
      const outcome = await work.catch((error: unknown) => (isAuthError(error) ? error.code : error));
      expect(performance.now() - started).toBeLessThan(MOST);
      return outcome;
    };
    const waitForRecovery = async (): Promise<void> => {
      const ended = performance.now();
      while ((await tokens.revoke("probe").catch(() => "down")) === "down") {
        expect(performance.now() - ended, "recovery").toBeLessThan(RECOVERY);
        await sleep(100);
      }
    };

    it.each(OUTAGES)(
      "where %s, are unavailable, then good at most once",
      { timeout: 60_000 },
      async (_what, begin, end) => {
        const { token } = await tokens.issue("user-1");
        const { token: untouched } = await tokens.issue("user-2");
        const { code } = await codes.issue("user-3");
        await begin(place);
        const during = await Promise.all([
          ...Array.from({ length: 10 }, () => timed(tokens.consume(token))),
          timed(codes.consume("user-3", code)),
          timed(tokens.issue("user-4")),
          timed(tokens.revoke("user-5")),
        ]);
        expect(new Set(during)).toEqual(new Set(["unavailable"]));
        await end(place);
        await waitForRecovery();
        // A request that the server got only now, or whose answer was lost, may have spent it.
        const after = await Promise.all(Array.from({ length: 10 }, () => tokens.consume(token)));
        expect(after.filter((answer) => answer !== null).length).toBeLessThanOrEqual(1);
        expect(await tokens.consume(token)).toBeNull();
        expect(await tokens.consume(untouched)).toMatchObject({ userId: "user-2" });
      },
    );

    it("taken before a crash are not good after it, and the others are", { timeout: 60_000 }, async () => {
      const issued = await Promise.all(Array.from({ length: 50 }, (_, user) => tokens.issue(`crash-${user}`)));
      const take = async (user: number): Promise<unknown> => tokens.consume(issued[user]?.token).catch(() => null);
      const before = await Promise.all(Array.from({ length: 10 }, (_, user) => take(user)));
      const during = Array.from({ length: 30 }, (_, user) => sleep(user % 8).then(() => take(10 + user)));
      await sleep(4);
      await place.server.kill();
      const taken = [...before, ...(await Promise.all(during))];
      await place.server.restart();
      await waitForRecovery();
      const again = await Promise.all(issued.map(({ token }) => tokens.consume(token)));
      expect(before.filter((answer) => answer === null)).toEqual([]);
      expect(taken.filter((answer, user) => answer !== null && again[user] !== null)).toEqual([]);
      expect(again.slice(40).filter((answer) => answer === null)).toEqual([]);
    });
  });
});

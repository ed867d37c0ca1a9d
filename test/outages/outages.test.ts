import type { Server as HttpServer } from "node:http";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import type { Blocklist, RefreshStore, UserStore } from "../../src/stores/contract.ts";
import { memoryUsers } from "../../src/stores/memory.ts";
import { postgresBlocklist, postgresRefreshStore, postgresUsers } from "../../src/stores/postgres.ts";
import { redisBlocklist, redisRefreshStore } from "../../src/stores/redis.ts";
import { APPS } from "../adapters/apps.ts";
import { type Answer, exchange } from "../adapters/exchange.ts";
import { houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";
import { measureLag, readLag } from "../support/lag.ts";
import { openBoundedPool } from "../support/outages.ts";
import { type Server, startPostgres } from "../support/servers/postgres.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { startProxy, type TcpProxy } from "../support/servers/proxy.ts";
import { startRedis } from "../support/servers/redis.ts";
import { redisUrl } from "../support/servers/redis-url.ts";

const TIME_LIMIT = 300;
/** By when everything works again where the server does, without a restart of the application. */
const RECOVERY = 8_000;
/** What a request may take: each of the three calls that it makes at the most, and some slowness; less than the drivers' limits. */
const MOST = 3 * TIME_LIMIT + 700;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const HASH = await passwords.hash(PASSWORD);

interface Stores {
  readonly users: UserStore;
  readonly store: RefreshStore;
  readonly blocklist: Blocklist;
  close(): unknown;
}

interface Backend {
  start(): Promise<Server>;
  /** Makes another server the primary, of which this one becomes a replica. */
  failOver?(from: Server): Promise<Server>;
  /** By a client that is set up as the README says. */
  connect(url: string): Promise<Stores>;
}

function onRedis(send: (...command: string[]) => Promise<unknown>, close: () => unknown): Stores {
  const users = memoryUsers();
  users.add({ login: READER.login, passwordHash: HASH, user: { id: "user-1" } });
  return { users, store: redisRefreshStore({ send }), blocklist: redisBlocklist({ send }), close };
}

async function failOverRedis(from: Server): Promise<Server> {
  const to = await startRedis();
  const [before, after] = [new Redis(from.url), new Redis(to.url)];
  await after.replicaof("127.0.0.1", from.port);
  while (!(await after.info("replication")).includes("master_link_status:up")) await sleep(20);
  await before.wait(1, 5_000);
  await after.replicaof("NO", "ONE");
  await before.replicaof("127.0.0.1", to.port);
  before.disconnect();
  after.disconnect();
  return to;
}

const BACKENDS: Readonly<Record<string, Backend>> = {
  "Redis, by ioredis": {
    start: startRedis,
    failOver: failOverRedis,
    async connect(url) {
      const client = new Redis(url, {
        commandTimeout: 2_000,
        maxRetriesPerRequest: 1,
        socketTimeout: 3_000,
        reconnectOnError: (error) => error.message.startsWith("READONLY"),
      });
      client.on("error", () => undefined);
      return onRedis(
        (...command) => client.call(...(command as [string])),
        () => client.disconnect(),
      );
    },
  },
  "Redis, by node-redis": {
    start: startRedis,
    failOver: failOverRedis,
    async connect(url) {
      const client = createClient({
        url,
        commandOptions: { timeout: 2_000 },
        pingInterval: 1_000,
        socket: { socketTimeout: 5_000 },
      });
      client.on("error", () => undefined);
      await client.connect();
      const reconnect = (): void => {
        if (!client.isReady) return;
        client.destroy();
        client.connect().catch(() => undefined);
      };
      const watchdog = setTimeout(() => {
        watchdog.refresh();
        reconnect();
      }, 3_000);
      watchdog.unref();
      for (const sign of ["ready", "ping-interval"]) client.on(sign, () => watchdog.refresh());
      const send = async (...command: string[]): Promise<unknown> => {
        try {
          return await client.sendCommand(command);
        } catch (error) {
          if ((error as Error).message.startsWith("READONLY")) reconnect();
          throw error;
        }
      };
      return onRedis(send, () => {
        clearTimeout(watchdog);
        client.destroy();
      });
    },
  },
  "Postgres, by a Pool of pg": {
    start: startPostgres,
    async connect(url) {
      const client = await openBoundedPool(url);
      const users = postgresUsers({ client });
      if ((await users.findById("user-1")) === null) {
        await users.add({ id: "user-1", login: READER.login, passwordHash: HASH });
      }
      return {
        users,
        store: postgresRefreshStore({ client }),
        blocklist: postgresBlocklist({ client }),
        close: () => client.end(),
      };
    },
  },
};

interface Place {
  readonly server: Server;
  readonly proxy: TcpProxy;
}

interface Outage {
  begin(at: Place): unknown;
  end(at: Place): unknown;
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  "connections are refused": { begin: ({ proxy }) => proxy.become("cut"), end: ({ proxy }) => proxy.become("clear") },
  "the server was killed": { begin: ({ server }) => server.kill(), end: ({ server }) => server.restart() },
  "the server is paused": {
    begin: ({ server }) => server.pause(),
    end: ({ server }) => server.resume(),
  },
  "the network swallows everything": {
    begin: ({ proxy }) => proxy.become("swallow"),
    end: ({ proxy }) => proxy.become("clear"),
  },
  "connections are swallowed for ever, while new ones work": {
    async begin({ proxy }) {
      await sleep(200); // a pool's last connections have come up
      proxy.strand("swallowed");
    },
    end: () => undefined,
  },
  "the reply is noise": { begin: ({ proxy }) => proxy.become("garble"), end: ({ proxy }) => proxy.become("clear") },
};

const { sequential } = it;
/** The rows of each backend. */
const ROWS: string[][] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown): number => unhandled.push(reason);

describe.skipIf(redisUrl === null || postgresUrl === null)("in an outage", () => {
  let stopMeasuring: () => void;
  beforeAll(() => {
    process.on("unhandledRejection", note);
    stopMeasuring = measureLag();
  });
  afterAll(() => {
    process.off("unhandledRejection", note);
    stopMeasuring();
  });

  // Each has a server of its own, and most of the time all of them wait.
  describe.concurrent.each(Object.entries(BACKENDS))("of %s", (name, backend) => {
    const it = sequential;
    const rows: string[] = [];
    ROWS.push(rows);
    let place: Place;
    let stores: Stores;
    let app: HttpServer;
    beforeAll(async () => {
      const server = await backend.start();
      const proxy = await startProxy(server.port);
      place = { server, proxy };
      stores = await backend.connect(server.url.replace(String(server.port), String(proxy.port)));
      const { auth } = houseOf({ ...stores, more: { storeTimeoutMs: TIME_LIMIT }, clock: { now: Date.now() } });
      app = await (APPS.Fetch as (it: SessionAuthenticator) => Promise<HttpServer>)(auth as SessionAuthenticator);
    }, 60_000);
    afterAll(async () => {
      app.closeAllConnections();
      app.close();
      await stores.close();
      await place.proxy.stop();
      await place.server.stop();
    });

    const post = (path: string, body: object | null, token?: string): Promise<Answer> =>
      exchange(app, {
        method: "POST",
        path,
        headers: [
          ...(body === null ? [] : ["Content-Type", "application/json"]),
          ...(token === undefined ? [] : ["Authorization", `Bearer ${token}`]),
        ],
        ...(body !== null && { body: JSON.stringify(body) }),
      });
    const me = (token: string): Promise<Answer> =>
      exchange(app, { path: "/me", headers: ["Authorization", `Bearer ${token}`] });
    /** Sends a request again while it is told 503: a busy machine passes the time limit of a store that is well. */
    const patiently = async (send: () => Promise<Answer>): Promise<Answer> => {
      const started = performance.now();
      for (;;) {
        const answer = await send();
        if (answer.status !== 503 || performance.now() - started > RECOVERY) return answer;
      }
    };
    const login = async (): Promise<{ access_token: string; refresh_token: string }> => {
      const answer = await patiently(() => post("/login", READER));
      expect(answer.status).toBe(200);
      return JSON.parse(answer.body) as { access_token: string; refresh_token: string };
    };
    const timed = async (work: Promise<Answer>): Promise<Answer & { ms: number }> => {
      const [started, lag] = [performance.now(), readLag()];
      const answer = await work;
      return { ...answer, ms: performance.now() - started - (readLag() - lag) };
    };
    const statuses = (answers: readonly Answer[]): string =>
      [...new Set(answers.map(({ status }) => status))].sort().join(" or ");

    it.each(Object.entries(OUTAGES))("where %s", { timeout: 90_000 }, async (situation, { begin, end }) => {
      const [good, gone, leaving] = [await login(), await login(), await login()];
      expect((await patiently(() => post("/logout", null, gone.access_token))).status).toBe(204);
      await Promise.all(Array.from({ length: 30 }, () => me(good.access_token))); // every connection of a pool is there
      await begin(place);
      const times = (count: number, work: () => Promise<Answer>) =>
        Promise.all(Array.from({ length: count }, () => timed(work())));
      const [protectedOnes, revokedOnes, logins, logouts, refreshes] = await Promise.all([
        times(20, () => me(good.access_token)),
        times(20, () => me(gone.access_token)),
        times(3, () => post("/login", READER)),
        times(3, () => post("/logout", null, leaving.access_token)),
        times(3, () => post("/refresh", { refresh_token: good.refresh_token })),
      ]);
      const all = [...protectedOnes, ...revokedOnes, ...logins, ...logouts, ...refreshes];
      await end(place);
      const ended = performance.now();
      while ((await me(good.access_token)).status !== 200) {
        expect(performance.now() - ended, "recovery").toBeLessThan(RECOVERY);
        await sleep(100);
      }
      const recovery = performance.now() - ended;

      for (const { body, headers } of all) {
        expect(JSON.parse(body)).toEqual({ error: "unavailable", message: "Try again in a moment" });
        expect(headers["retry-after"]).toBe("5");
      }
      expect(all.filter(({ ms }) => ms > MOST).map(({ ms }) => ms)).toEqual([]);
      expect((await patiently(() => me(gone.access_token))).status).toBe(401);
      expect([204, 401]).toContain((await patiently(() => post("/logout", null, leaving.access_token))).status);
      expect((await patiently(() => me(leaving.access_token))).status).toBe(401);
      expect((await patiently(() => post("/refresh", { refresh_token: leaving.refresh_token }))).status).toBe(401);
      expect((await patiently(() => post("/refresh", { refresh_token: good.refresh_token }))).status).toBe(200);
      expect((await patiently(() => post("/login", READER))).status).toBe(200);
      expect(unhandled).toEqual([]);
      const slowest = Math.max(...all.map(({ ms }) => ms));
      console.log(
        `${name}, ${situation}: slowest answer ${Math.round(slowest)} ms, right again after ${Math.round(recovery)} ms`,
      );
      const cells = [protectedOnes, revokedOnes, logins, logouts, refreshes].map(statuses);
      rows.push(`| ${name} | ${situation} | ${cells.join(" | ")} |`);
    });

    it("where the server restarts under load", { timeout: 90_000 }, async () => {
      const [good, gone] = [await login(), await login()];
      expect((await patiently(() => post("/logout", null, gone.access_token))).status).toBe(204);
      let isOver = false;
      const protectedOnes: (Answer & { ms: number })[] = [];
      const revokedOnes: (Answer & { ms: number })[] = [];
      const load = async (token: string, answers: (Answer & { ms: number })[]): Promise<void> => {
        while (!isOver) answers.push(await timed(me(token)));
      };
      const loads = [1, 2, 3, 4].flatMap(() => [
        load(good.access_token, protectedOnes),
        load(gone.access_token, revokedOnes),
      ]);
      await sleep(300);
      await place.server.kill();
      await sleep(300);
      await place.server.restart();
      const ended = performance.now();
      while ((await me(good.access_token)).status !== 200) expect(performance.now() - ended).toBeLessThan(30_000);
      isOver = true;
      await Promise.all(loads);
      expect(statuses(protectedOnes)).toBe("200 or 503");
      expect(statuses(revokedOnes)).toBe("401 or 503");
      expect([...protectedOnes, ...revokedOnes].filter(({ ms }) => ms > MOST)).toEqual([]);
      expect(unhandled).toEqual([]);
      rows.push(
        `| ${name} | the server restarts under load | ${statuses(protectedOnes)} | ${statuses(revokedOnes)} | | | |`,
      );
    });

    const itFailsOver = backend.failOver === undefined ? it.skip : it;
    itFailsOver(
      "where the primary became a replica behind its address",
      { timeout: 90_000 },
      async ({ onTestFinished }) => {
        const [good, gone, leaving] = [await login(), await login(), await login()];
        expect((await patiently(() => post("/logout", null, gone.access_token))).status).toBe(204);
        const primary = await (backend.failOver as NonNullable<Backend["failOver"]>)(place.server);
        onTestFinished(() => primary.stop());
        place.proxy.strand("kept", primary.port);
        const began = performance.now();
        const rounds: (Answer & { ms: number })[][] = [];
        while (statuses(rounds.at(-1) ?? []) !== "200 or 204 or 401") {
          expect(performance.now() - began, "recovery").toBeLessThan(RECOVERY);
          const [protectedOne, revokedOne, fresh] = await Promise.all([
            timed(me(good.access_token)),
            timed(me(gone.access_token)),
            timed(post("/login", READER)),
          ]);
          const tokens = JSON.parse(fresh.body) as Partial<typeof good>;
          const { access_token = leaving.access_token, refresh_token = good.refresh_token } = tokens;
          const refresh = await timed(post("/refresh", { refresh_token }));
          const logout = await timed(post("/logout", null, access_token));
          rounds.push([protectedOne, revokedOne, fresh, logout, refresh]);
        }
        const recovery = performance.now() - began;
        const allowed = ["200 or 503", "401 or 503", "200 or 503", "204 or 503", "200 or 503"];
        for (const answers of rounds) {
          for (const [index, { status }] of answers.entries()) expect(allowed[index]).toContain(String(status));
          expect(answers.filter(({ ms }) => ms > MOST)).toEqual([]);
        }
        expect(statuses(rounds.flat()), "the old primary was asked").toContain("503");
        expect((await patiently(() => me(gone.access_token))).status).toBe(401);
        expect(unhandled).toEqual([]);
        console.log(`${name}, another primary: right again after ${Math.round(recovery)} ms`);
        rows.push(`| ${name} | the primary became a replica behind its address | ${allowed.join(" | ")} |`);
      },
    );
  });

  it("docs/outages.md says what came back", async () => {
    const head = ["store", "what happened", "a good token", "a revoked token", "log in", "log out", "refresh"];
    const text = `# What clients get during an outage

The tests in \`test/outages\` run an application over HTTP against real servers, make each outage happen, and write this table.
Every answer comes within the time limit of the calls it makes (here ${TIME_LIMIT} ms a call), lets nobody in who was logged out, shows
nothing of the driver's error, and says 2xx to a log-out or a refresh only where it was stored. Afterwards, the same
application works again without being restarted, within ${RECOVERY / 1_000} s, revoked tokens are still revoked, and what was refused may be sent again.

| ${head.join(" | ")} |
|${head.map(() => "---").join("|")}|
${ROWS.flat().join("\n")}
`;
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/outages.md"));
  });
});

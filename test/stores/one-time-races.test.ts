import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGuard } from "../../src/guard/create.ts";
import { createOneTimeCodes } from "../../src/one-time/codes.ts";
import { ticket } from "../../src/one-time/ticket.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { OneTimeStore } from "../../src/stores/contract.ts";
import { postgresOneTimeStore } from "../../src/stores/postgres.ts";
import { redisOneTimeStore } from "../../src/stores/redis.ts";
import { sqliteOneTimeStore, sqliteSchema } from "../../src/stores/sqlite.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { redisUrl } from "../support/servers/redis-url.ts";
import { runs } from "../support/thorough.ts";
import { openTables } from "./postgres/databases.ts";
import { connected } from "./redis/clients.ts";
import { SQLITES } from "./sqlite/drivers.ts";

/** One database, seen by several nodes. */
interface Opened {
  readonly stores: readonly OneTimeStore[];
  close(): unknown;
}

const NODES = 5;
const ROUNDS = runs(5, 50);
const CODES = runs(3, 10);
const CALLS = 50;

async function onPostgres(): Promise<Opened> {
  const { pool, tables } = await openTables();
  return { stores: [postgresOneTimeStore({ client: pool, tables })], close: () => pool.end() };
}

async function onRedis(): Promise<Opened> {
  const connections = await Promise.all(Array.from({ length: NODES }, () => connected()));
  const close = (): void => {
    for (const connection of connections) connection.close();
  };
  return { stores: connections.map(({ send }) => redisOneTimeStore({ send })), close };
}

async function onSqlite(): Promise<Opened> {
  const open = Object.values(SQLITES)[0] as (typeof SQLITES)[string];
  const folder = mkdtempSync(join(tmpdir(), "one-time-"));
  const databases = Array.from({ length: NODES }, () => open(join(folder, "auth.db")));
  databases[0]?.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${sqliteSchema()}`);
  const close = (): void => {
    for (const database of databases) database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { stores: databases.map((database) => sqliteOneTimeStore({ database })), close };
}

const DATABASES: Readonly<Record<string, () => Promise<Opened>>> = {
  ...(postgresUrl !== null && { Postgres: onPostgres }),
  ...(redisUrl !== null && { Redis: onRedis }),
  SQLite: onSqlite,
};

/** More time than usual: a race of fifty holds a store up. */
const TIME = { storeTimeoutMs: 20_000 };

describe.each(Object.entries(DATABASES))("%s", (_name, open) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  const storeOf = (node: number): OneTimeStore => opened.stores[node % opened.stores.length] as OneTimeStore;
  const race = <T>(call: (node: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: CALLS }, (_, node) => call(node)));

  it("of fifty who take a token exactly one gets it, time and again", { timeout: 120_000 }, async () => {
    const nodes = opened.stores.map((store) =>
      createOneTimeTokens({ store, purpose: "race", lifetime: "1h", ...TIME }),
    );
    for (let round = 0; round < ROUNDS; round += 1) {
      const userId = randomUUID();
      const issued = await nodes[0]?.issue(userId);
      const answers = await race(async (node) => nodes[node % nodes.length]?.consume(issued?.token));
      expect(answers.filter((answer) => answer !== null)).toEqual([
        { userId, data: null, issuedAt: expect.any(Date), credentialIssuedAt: null, expiresAt: issued?.expiresAt },
      ]);
    }
  });

  it("of fifty requests with a ticket, of which each looks it up first, exactly one is let in", {
    timeout: 120_000,
  }, async () => {
    const nodes = opened.stores.map((store) => {
      const tickets = createOneTimeTokens({ store, purpose: "ticket", lifetime: "1h", ...TIME });
      return { tickets, guard: createGuard({ credentials: [ticket(tickets)], requestTimeoutMs: 40_000 }) };
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      const issued = await nodes[0]?.tickets.issue(randomUUID());
      const request = { url: `/?ticket=${issued?.token}`, headers: {} };
      const answers = await race(async (node) =>
        nodes[node % nodes.length]?.guard.authenticate(request).then(
          () => "let in",
          ({ code }) => code,
        ),
      );
      expect(answers.filter((answer) => answer !== "invalid_token")).toEqual(["let in"]);
    }
  });

  it("of fifty tries at a code at once five are looked at, time and again", { timeout: 120_000 }, async () => {
    let taken = 0;
    for (let round = 0; round < CODES; round += 1) {
      const userId = randomUUID();
      const nodes = Array.from({ length: CALLS }, (_, node) => {
        const looked: OneTimeStore = {
          ...storeOf(node),
          take: async (digest) => {
            taken += 1;
            return storeOf(node).take(digest);
          },
        };
        return createOneTimeCodes({ store: looked, purpose: "race", ...TIME });
      });
      const issued = await nodes[0]?.issue(userId);
      const answers = await race(async (node) => nodes[node]?.consume(userId, issued?.code));
      expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
    }
    expect(taken).toBeGreaterThanOrEqual(CODES);
    expect(taken).toBeLessThanOrEqual(5 * CODES);
  });

  it("while a newer one is issued, the older is taken or worthless, and the newer is good", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < runs(10, 40); round += 1) {
      const tokens = createOneTimeTokens({ store: storeOf(round), purpose: "race", lifetime: "1h", ...TIME });
      const userId = randomUUID();
      const older = await tokens.issue(userId);
      const [newer, ...answers] = await Promise.all([
        tokens.issue(userId),
        ...Array.from({ length: 4 }, () => tokens.consume(older.token)),
      ]);
      expect(answers.filter((answer) => answer !== null).length).toBeLessThanOrEqual(1);
      expect(await tokens.consume(older.token)).toBeNull();
      expect(await tokens.consume(newer.token)).toMatchObject({ userId });
    }
  });
});

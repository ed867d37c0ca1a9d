import { rejects } from "node:assert";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryBlocklist, memoryRefreshStore, memoryUsers } from "../../src/stores/memory.ts";
import { postgresBlocklist, postgresRefreshStore, postgresSchema, postgresUsers } from "../../src/stores/postgres.ts";
import { redisBlocklist, redisRefreshStore } from "../../src/stores/redis.ts";
import { sqliteBlocklist, sqliteRefreshStore, sqliteSchema, sqliteUsers } from "../../src/stores/sqlite.ts";
import { blocklistContract, refreshStoreContract, userStoreContract } from "../../src/testing.ts";
import { POSTGRES, REDIS, SQLITE } from "./clients.ts";
import { flowOn, type Stores } from "./flow.ts";
import { lacks } from "./lacking.ts";
import { about, casesOf, type Part, type Parts } from "./part.ts";

/** Every database by each of its clients: the contracts of the stores, and the flow on them. */
export const DATABASES: Parts = {
  memory: () => partOf(onMemory()),
  ...each(SQLITE, onSqlite),
  ...each(POSTGRES, onPostgres),
  ...each(REDIS, onRedis),
};

type Closing = Stores & { close?(): unknown };

function each<Open>(clients: Readonly<Record<string, Open>>, on: (open: Open) => Promise<Closing>): Parts {
  return Object.fromEntries(
    Object.entries(clients).map(([name, open]) => [
      name,
      async () => {
        if (!lacks(name)) return partOf(await on(open));
        return { cases: casesOf({ "is not there": () => rejects(async () => on(open), /is missing here/) }) };
      },
    ]),
  );
}

function partOf({ users, refresh, blocklist, add, close }: Closing): Part {
  const cases = [
    ...about(
      "users",
      userStoreContract(() => ({ users, add })),
    ),
    ...about(
      "sessions",
      refreshStoreContract(() => refresh),
    ),
    ...about(
      "revocations",
      blocklistContract(() => blocklist),
    ),
    ...about("the flow", flowOn({ users, refresh, blocklist, add })),
  ];
  return { cases, ...(close && { close }) };
}

function onMemory(): Stores {
  const users = memoryUsers();
  return {
    users,
    refresh: memoryRefreshStore(),
    blocklist: memoryBlocklist(),
    add: ({ id, login, passwordHash, disabled = false }) => users.add({ login, passwordHash, user: { id, disabled } }),
  };
}

async function onSqlite(open: (typeof SQLITE)[string]): Promise<Closing> {
  const folder = await mkdtemp(join(tmpdir(), "hallpass-engines-"));
  const remove = () => rm(folder, { recursive: true });
  const { client: database, close } = await open(join(folder, "database")).catch(async (error) => {
    await remove();
    throw error;
  });
  database.exec(sqliteSchema());
  const users = sqliteUsers({ database });
  return {
    users,
    refresh: sqliteRefreshStore({ database }),
    blocklist: sqliteBlocklist({ database }),
    add: users.add,
    async close() {
      close();
      await remove();
    },
  };
}

async function onPostgres(open: (typeof POSTGRES)[string]): Promise<Closing> {
  const { client, close } = open(addressOf("TEST_POSTGRES_URL"));
  const tables = tablesOf(`engine_${randomUUID().replaceAll("-", "")}`);
  for (const statement of postgresSchema(tables).split(/(?<=;)\n/)) {
    if (statement.trim() !== "") await client.query(statement, []);
  }
  const users = postgresUsers({ client, tables });
  return {
    users,
    refresh: postgresRefreshStore({ client, tables }),
    blocklist: postgresBlocklist({ client, tables }),
    add: users.add,
    close,
  };
}

function tablesOf(prefix: string): Readonly<Record<"users" | "sessions" | "sessionOwners" | "revocations", string>> {
  const [users, sessions, sessionOwners, revocations] = ["u", "s", "o", "r"].map((it) => `${prefix}${it}`) as [
    string,
    string,
    string,
    string,
  ];
  return { users, sessions, sessionOwners, revocations };
}

async function onRedis(open: (typeof REDIS)[string]): Promise<Closing> {
  const { client: send, close } = await open(addressOf("TEST_REDIS_URL"));
  const { users, add } = onMemory(); // there are no users in Redis
  const options = { send, prefix: `${randomUUID()}:` };
  return { users, add, refresh: redisRefreshStore(options), blocklist: redisBlocklist(options), close };
}

function addressOf(variable: string): string {
  const url = process.env[variable];
  if (url === undefined) throw new Error(`${variable} is not set: run.ts sets it`);
  return url;
}

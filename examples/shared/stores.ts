import type { Blocklist, RefreshStore, UserStore } from "hallpass";
import { memoryBlocklist, memoryRefreshStore, memoryUsers } from "hallpass/stores/memory";
import { postgresBlocklist, postgresRefreshStore, postgresSchema, postgresUsers } from "hallpass/stores/postgres";
import { redisBlocklist, redisRefreshStore } from "hallpass/stores/redis";

/** The stores of an authenticator, and the name of their server. */
export interface Stores {
  readonly where: string;
  readonly users: UserStore;
  readonly refresh: RefreshStore;
  readonly blocklist: Blocklist;
}

/** The only user of the examples. */
export interface Reader {
  readonly id: string;
  readonly login: string;
  readonly passwordHash: string;
}

/** Opens the stores that a flag names: `--postgres`, `--redis`, or the memory of this process. */
export function openStores(flags: readonly string[], reader: Reader): Stores | Promise<Stores> {
  if (flags.includes("--postgres")) return openPostgres(reader);
  if (flags.includes("--redis")) return openRedis(reader);
  return { where: "memory", ...createMemoryUsers(reader), refresh: memoryRefreshStore(), blocklist: memoryBlocklist() };
}

function createMemoryUsers({ id, login, passwordHash }: Reader): { users: UserStore } {
  const users = memoryUsers();
  users.add({ login, passwordHash, user: { id } });
  return { users };
}

async function openPostgres(reader: Reader): Promise<Stores> {
  const url = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
  const { default: pg } = await import("pg");
  const client = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on("error", () => undefined); // an idle connection that was lost; the next query opens another
  await requireReachable("Postgres", "DATABASE_URL", client.query(postgresSchema()));
  const users = postgresUsers({ client });
  await users.remove(reader.id);
  await users.add(reader);
  return {
    where: "Postgres",
    users,
    refresh: postgresRefreshStore({ client }),
    blocklist: postgresBlocklist({ client }),
  };
}

async function openRedis(reader: Reader): Promise<Stores> {
  const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
  const { Redis } = await import("ioredis");
  const client = new Redis(url, { commandTimeout: 2_000, maxRetriesPerRequest: 1 });
  client.on("error", () => undefined); // it connects again by itself
  const send = (...command: string[]): Promise<unknown> => client.call(...(command as [string]));
  await requireReachable("Redis", "REDIS_URL", send("PING"));
  return {
    where: "Redis",
    ...createMemoryUsers(reader),
    refresh: redisRefreshStore({ send }),
    blocklist: redisBlocklist({ send }),
  };
}

async function requireReachable(name: string, variable: string, answer: Promise<unknown>): Promise<void> {
  await answer.catch(() => {
    console.error(`${name} can't be reached: start one, or set ${variable}.`);
    process.exit(1);
  });
}

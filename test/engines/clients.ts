import { Redis } from "ioredis";
import pg from "pg";
import postgres from "postgres";
import { createClient } from "redis";
import type { PostgresClient } from "../../src/stores/postgres.ts";
import type { RedisSend } from "../../src/stores/redis.ts";
import type { SqliteDatabase } from "../../src/stores/sqlite.ts";

/** A client as the stores take it, and how to close it. */
export interface Opened<Client> {
  readonly client: Client;
  close(): unknown;
}

interface BunGlobal {
  readonly SQL: new (options: {
    url: string;
    max: number;
  }) => {
    unsafe(sql: string, parameters?: unknown[]): Promise<unknown[]>;
    close(): Promise<void>;
  };
  readonly RedisClient: new (
    url: string,
  ) => {
    send(command: string, parameters: string[]): Promise<unknown>;
    close(): void;
  };
}

type OpenSqlite = new (file: string) => SqliteDatabase & { close(): unknown };

const { Bun } = globalThis as unknown as { Bun?: BunGlobal };
const MAX = 10;

/** The clients of Postgres. */
export const POSTGRES: Readonly<Record<string, (url: string) => Opened<PostgresClient>>> = {
  pg(url) {
    const client = new pg.Pool({ connectionString: url, max: MAX });
    return { client, close: () => client.end() };
  },
  "postgres.js"(url) {
    const sql = postgres(url, { max: MAX, onnotice: () => undefined });
    const client = {
      query: async (text: string, values: unknown[]) => ({ rows: await sql.unsafe(text, values as string[]) }),
    };
    return { client, close: () => sql.end() };
  },
  "Bun.SQL"(url) {
    const sql = new (present("Bun.SQL", Bun).SQL)({ url, max: MAX });
    const client = { query: async (text: string, values: unknown[]) => ({ rows: await sql.unsafe(text, values) }) };
    return { client, close: () => sql.close() };
  },
};

/** The clients of Redis. */
export const REDIS: Readonly<Record<string, (url: string) => Promise<Opened<RedisSend>>>> = {
  async ioredis(url) {
    const client = new Redis(url);
    return { client: (...command) => client.call(...command), close: () => client.disconnect() };
  },
  async "node-redis"(url) {
    const client = await createClient({ url }).connect();
    return { client: (...command) => client.sendCommand(command), close: () => client.destroy() };
  },
  async "Bun.RedisClient"(url) {
    const client = new (present("Bun.RedisClient", Bun).RedisClient)(url);
    return { client: (command, ...parameters) => client.send(command, parameters), close: () => client.close() };
  },
};

/** The SQLites that engines bring with them, by the module that has them. */
export const SQLITE: Readonly<Record<string, (file: string) => Promise<Opened<SqliteDatabase>>>> = {
  "bun:sqlite": (file) => openSqlite("bun:sqlite", "Database", file),
  "node:sqlite": (file) => openSqlite("node:sqlite", "DatabaseSync", file),
};

async function openSqlite(specifier: string, name: string, file: string): Promise<Opened<SqliteDatabase>> {
  const module = (await import(specifier).catch(() => undefined)) as Readonly<Record<string, OpenSqlite>> | undefined;
  const client = new (present(specifier, module?.[name]))(file);
  client.exec("PRAGMA journal_mode = WAL");
  return { client, close: () => client.close() };
}

function present<T>(name: string, it: T | undefined): T {
  if (it === undefined) throw new TypeError(`${name} is missing here`);
  return it;
}

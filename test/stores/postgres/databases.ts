import { randomBytes } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import {
  type DeletionOptions,
  type PostgresClient,
  postgresApiKeys,
  postgresBlocklist,
  postgresOneTimeStore,
  postgresProofs,
  postgresRefreshStore,
  postgresSchema,
  postgresStatusListStore,
  postgresUsers,
  type SqlTables,
} from "../../../src/stores/postgres.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { runs, THOROUGH } from "../../support/thorough.ts";
import type { Databases, SqlStores } from "../sql-stores.ts";

/**
 * How many connections a Pool has. To start one costs the server as much as hundreds of statements: a few will do, by
 * which calls still race.
 */
export const CONNECTIONS: number = runs(5, 20);

/** Names a schema at random: a process that forgot its modules may come here again. */
function nameSchema(): string {
  return `stores_${randomBytes(8).toString("hex")}`;
}

export interface OpenedTables {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly tables: Required<SqlTables>;
}

/** A Pool of the tests' Postgres, and a schema of its own for tables. */
async function openPool(
  more: pg.PoolConfig = {},
  schema: string = nameSchema(),
): Promise<{ pool: pg.Pool; schema: string }> {
  const pool = new pg.Pool({ connectionString: postgresUrl as string, max: CONNECTIONS, ...more });
  await pool.query(`CREATE SCHEMA ${schema}`);
  return { pool, schema };
}

/** The names of the tables in a schema. */
export function tablesIn(schema: string): Required<SqlTables> {
  return {
    users: `${schema}.users`,
    sessions: `${schema}.sessions`,
    sessionOwners: `${schema}.session_owners`,
    revocations: `${schema}.revocations`,
    oneTimeTokens: `${schema}.one_time_tokens`,
    apiKeys: `${schema}.api_keys`,
    statusLists: `${schema}.status_lists`,
    statusPages: `${schema}.status_pages`,
    proofs: `${schema}.proofs`,
  };
}

/** A Pool of the tests' Postgres, with all tables in a schema of their own. */
export async function openTables(): Promise<OpenedTables> {
  const { pool, schema } = await openPool();
  const tables = tablesIn(schema);
  await pool.query(postgresSchema(tables));
  return { pool, schema, tables };
}

/** Opens tables for the tests of a `describe`, which may read them once they run, and closes their pool at the end. */
export function useTables(): OpenedTables {
  const opened = {} as OpenedTables;
  beforeAll(async () => {
    Object.assign(opened, await openTables());
  });
  afterAll(() => opened.pool.end());
  return opened;
}

async function onPool(): Promise<SqlStores> {
  const { pool, tables } = await openTables();
  const options = { client: pool, tables };
  return { ...postgresStores(options), close: () => pool.end() };
}

/** By answers that are text, and in tables of the names that they have by default. */
async function onPlainPool(): Promise<SqlStores> {
  const schema = nameSchema();
  const types = { getTypeParser: () => String as never };
  const { pool } = await openPool({ types, options: `-c search_path=${schema}` }, schema);
  await pool.query(postgresSchema());
  return { ...postgresStores({ client: pool }), close: () => pool.end() };
}

let pglite: Promise<PGlite> | undefined;

/** In the PGlite of this process, since to open one takes seconds. */
async function onPglite(): Promise<SqlStores> {
  pglite ??= import("../../support/pglite.ts").then(({ openPglite }) => openPglite());
  const [client, schema] = [await pglite, nameSchema()];
  const options = { client, tables: tablesIn(schema) };
  await client.exec(`CREATE SCHEMA ${schema}; ${postgresSchema(options.tables)}`);
  return { ...postgresStores(options), close: async () => void (await client.exec(`DROP SCHEMA ${schema} CASCADE`)) };
}

/** The stores by a client. */
export function postgresStores(
  options: { client: PostgresClient; tables?: ReturnType<typeof tablesIn> } & DeletionOptions,
): Omit<SqlStores, "close"> {
  const { deleteExpired: _deleteExpired, ...plain } = options;
  return {
    users: postgresUsers(plain),
    refresh: postgresRefreshStore(options),
    blocklist: postgresBlocklist(options),
    oneTime: postgresOneTimeStore(options),
    apiKeys: postgresApiKeys(options),
    statusLists: postgresStatusListStore(plain),
    proofs: postgresProofs(options),
  };
}

/**
 * Every Postgres that the stores run on here. To open a PGlite takes longer than most files of tests: in a quick run it only
 * stands for a server that is missing.
 */
export const POSTGRES_DATABASES: Databases = {
  ...(postgresUrl !== null && {
    "Postgres, by a Pool": onPool,
    "Postgres, by a Pool that parses nothing": onPlainPool,
  }),
  ...((THOROUGH || postgresUrl === null) && { PGlite: onPglite }),
};

import type { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import type { StatusListStore } from "../../src/stores/contract.ts";
import {
  type PostgresClient,
  postgresApiKeys,
  postgresBlocklist,
  postgresOneTimeStore,
  postgresProofs,
  postgresRefreshStore,
  postgresSchema,
  postgresStatusListStore,
  postgresUsers,
  type SqlApiKeyStore,
  type SqlBlocklist,
  type SqlOneTimeStore,
  type SqlProofStore,
  type SqlRefreshStore,
  type SqlTables,
  type SqlUsers,
} from "../../src/stores/postgres.ts";
import {
  sqliteApiKeys,
  sqliteBlocklist,
  sqliteOneTimeStore,
  sqliteProofs,
  sqliteRefreshStore,
  sqliteSchema,
  sqliteStatusListStore,
  sqliteUsers,
} from "../../src/stores/sqlite.ts";
import { openPglite } from "../support/pglite.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { runs, THOROUGH } from "../support/thorough.ts";
import { inBigints, type OpenedSqlite, SQLITES } from "./sqlite-drivers.ts";

/** The stores of one database, empty at first. */
export interface SqlStores {
  readonly users: SqlUsers;
  readonly refresh: SqlRefreshStore;
  readonly blocklist: SqlBlocklist;
  readonly oneTime: SqlOneTimeStore;
  readonly apiKeys: SqlApiKeyStore;
  readonly statusLists: StatusListStore;
  readonly proofs: SqlProofStore;
  close(): Promise<void>;
}

/**
 * How many connections a Pool has. To start one costs the server as much as hundreds of statements: a few will do, by
 * which calls still race.
 */
export const CONNECTIONS: number = runs(5, 20);

let schemas = 0;

function nameSchema(): string {
  schemas += 1;
  return `stores_${process.pid}_${schemas}`;
}

/** A Pool of the tests' Postgres, and a schema of its own for tables. */
export async function openPool(
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

async function onPool(): Promise<SqlStores> {
  const { pool, schema } = await openPool();
  const options = { client: pool, tables: tablesIn(schema) };
  await pool.query(postgresSchema(options.tables));
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
  pglite ??= openPglite();
  const [client, schema] = [await pglite, nameSchema()];
  const options = { client, tables: tablesIn(schema) };
  await client.exec(`CREATE SCHEMA ${schema}; ${postgresSchema(options.tables)}`);
  return { ...postgresStores(options), close: async () => void (await client.exec(`DROP SCHEMA ${schema} CASCADE`)) };
}

function postgresStores(options: { client: PostgresClient; tables?: ReturnType<typeof tablesIn> }) {
  return {
    users: postgresUsers(options),
    refresh: postgresRefreshStore(options),
    blocklist: postgresBlocklist(options),
    oneTime: postgresOneTimeStore(options),
    apiKeys: postgresApiKeys(options),
    statusLists: postgresStatusListStore(options),
    proofs: postgresProofs(options),
  };
}

async function onSqlite(open: (file: string) => OpenedSqlite): Promise<SqlStores> {
  const database = open(":memory:");
  database.exec(sqliteSchema());
  return {
    users: sqliteUsers({ database }),
    refresh: sqliteRefreshStore({ database }),
    blocklist: sqliteBlocklist({ database }),
    oneTime: sqliteOneTimeStore({ database }),
    apiKeys: sqliteApiKeys({ database }),
    statusLists: sqliteStatusListStore({ database }),
    proofs: sqliteProofs({ database }),
    close: async () => void database.close(),
  };
}

/** Every database that the SQL stores run on here. */
export const DATABASES: Readonly<Record<string, () => Promise<SqlStores>>> = {
  ...(postgresUrl !== null && {
    "Postgres, by a Pool": onPool,
    "Postgres, by a Pool that parses nothing": onPlainPool,
  }),
  PGlite: onPglite,
  ...Object.fromEntries(Object.entries(SQLITES).map(([name, open]) => [name, () => onSqlite(open)])),
  ...Object.fromEntries(
    Object.entries(SQLITES).map(([name, open]) => [
      `${name}, in bigints`,
      () => onSqlite((file) => inBigints(open(file))),
    ]),
  ),
};

/** One of each kind. The others differ from these in the form of their answers. */
const KINDS = [postgresUrl === null ? "PGlite" : "Postgres, by a Pool", "SQLite, as by better-sqlite3"];

/** Whether everything runs on a database, and not a part: in a thorough run on each. */
export const isWhole = (name: string): boolean => THOROUGH || KINDS.includes(name);

/** The same, without PGlite where a Postgres stands for it: to open one takes longer than most files of tests. */
export const FAST_DATABASES: typeof DATABASES = Object.fromEntries(
  Object.entries(DATABASES).filter(([name]) => name !== "PGlite" || isWhole(name)),
);

import pg from "pg";
import { inject } from "vitest";
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

let schemas = 0;

/** A Pool of the tests' Postgres, whose tables are in a schema of their own. */
export async function openPool(types?: pg.CustomTypesConfig): Promise<{ pool: pg.Pool; schema: string }> {
  schemas += 1;
  const schema = `stores_${process.pid}_${schemas}`;
  const pool = new pg.Pool({ connectionString: inject("postgresUrl") as string, max: 20, ...(types && { types }) });
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

async function onPool(types?: pg.CustomTypesConfig): Promise<SqlStores> {
  const { pool, schema } = await openPool(types);
  const options = { client: pool, tables: tablesIn(schema) };
  await pool.query(postgresSchema(options.tables));
  return { ...postgresStores(options), close: () => pool.end() };
}

async function onPglite(): Promise<SqlStores> {
  const client = await openPglite();
  await client.exec(postgresSchema());
  return { ...postgresStores({ client }), close: () => client.close() };
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
  ...(inject("postgresUrl") !== null && {
    "Postgres, by a Pool": () => onPool(),
    "Postgres, by a Pool that parses nothing": () => onPool({ getTypeParser: () => String as never }),
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

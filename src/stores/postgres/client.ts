import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { checkClient, refuseClient } from "../shared/client.ts";
import type { Row } from "../shared/rows.ts";
import { quoteTables, type SqlTables } from "../shared/tables.ts";
import { retryConflicts } from "./retry.ts";

/**
 * The part of a Postgres client that the stores need. A Pool or Client of `pg` and a PGlite have it. For postgres.js or
 * `Bun.SQL`, give `{ query: async (text, values) => ({ rows: await sql.unsafe(text, values as string[]) }) }`.
 */
export interface PostgresClient {
  /** Runs one statement with its parameters. */
  query(sql: string, parameters: unknown[]): Promise<PostgresAnswer>;
}

/** The part of an answer that the stores read. */
export interface PostgresAnswer {
  /** Its rows, as objects. */
  readonly rows: unknown[];
}

/** The options of a Postgres store. */
export interface PostgresOptions {
  /** The application's client, which connects as the application decides. */
  readonly client: PostgresClient;
  /** The names of the tables. Those of {@link SqlTables} by default. */
  readonly tables?: SqlTables;
}

/** The names of {@link PostgresOptions}. */
export const POSTGRES_OPTIONS: OptionNames<PostgresOptions> = { client: "required", tables: "optional" };

/** Runs a statement, and returns its rows. */
export type Query = (sql: string, ...parameters: readonly unknown[]) => Promise<readonly Row[]>;

/** Runs statements by a client. */
export interface Client {
  /** Runs a statement in a transaction of its own and returns its rows. */
  readonly query: Query;
  /** The quoted names of the tables. */
  readonly tables: Required<SqlTables>;
}

/**
 * Checks the options of a store and binds its client.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 */
export function bindClient<Options extends PostgresOptions>(
  owner: string,
  options: Options,
  known: OptionNames<Options>,
): Client {
  refuseClient(owner, options, ["query"], "{ client }");
  checkOptions(owner, options, known);
  return { query: bindQuery(owner, "client", options.client), tables: quoteTables(owner, options.tables) };
}

/**
 * Binds the `query` of a client. Each statement is a transaction of its own, so a statement that the server aborted
 * because of a conflict can be run again.
 *
 * @throws TypeError when `client` is not a client
 */
export function bindQuery(owner: string, name: string, client: PostgresClient): Query {
  const fix = `${name} must have a query method, as a Pool or Client of pg and a PGlite have`;
  checkClient(owner, client, ["query"], fix);
  return async (sql, ...parameters) => {
    const answer = await retryConflicts(() => client.query(sql, [...parameters]));
    if (!Array.isArray(answer?.rows)) throw new TypeError(`${owner}: the client answered without rows`);
    return answer.rows as Row[];
  };
}

/** Returns SQL for the timestamp of a parameter that holds milliseconds since 1970. */
export function castToTimestamp(parameter: string): string {
  return `to_timestamp(${parameter}::float8 / 1000)`;
}

/** Returns SQL for the day in UTC of a parameter that holds milliseconds since 1970. */
export function castToDay(parameter: string): string {
  return `(${castToTimestamp(parameter)} AT TIME ZONE 'UTC')::date`;
}

/** Returns SQL for a timestamp as milliseconds since 1970: a number, however the client parses timestamps. */
export function castToMilliseconds(column: string): string {
  return `round(extract(epoch from ${column}) * 1000)::float8`;
}

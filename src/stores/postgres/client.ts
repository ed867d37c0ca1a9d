import { checkOptions, type OptionNames } from "../../shared/options.ts";
import type { SqlTables } from "../shared/tables.ts";
import { checkClient } from "../shared/text.ts";
import { retryClashes } from "./retry.ts";

/**
 * What the stores need of a Postgres client: a Pool or Client of `pg`, or a PGlite. A client of postgres.js or `Bun.SQL` is
 * `{ query: async (text, values) => ({ rows: await sql.unsafe(text, values as string[]) }) }`.
 */
export interface PostgresClient {
  /** Runs one statement with its parameters. */
  query(sql: string, parameters: unknown[]): Promise<PostgresAnswer>;
}

/** What the stores read of an answer. */
export interface PostgresAnswer {
  /** Its rows, as objects. */
  readonly rows: unknown[];
}

/** What a Postgres store is made of. */
export interface PostgresOptions {
  /** The application's client, connected in its own way and time. */
  readonly client: PostgresClient;
  /** The names of the tables. */
  readonly tables?: SqlTables;
}

/** The names of {@link PostgresOptions}. */
export const POSTGRES_OPTIONS: OptionNames<PostgresOptions> = { client: "required", tables: "optional" };

/** Runs a statement and gives its rows. */
export type Run = (sql: string, ...parameters: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** Binds the client of a store, once its options are known to be some. */
export function runnerOf<Options extends PostgresOptions>(
  owner: string,
  options: Options,
  known: OptionNames<Options>,
): Run {
  checkOptions(owner, options, known);
  return runnerBy(owner, "client", options.client);
}

/**
 * Binds a client, once it is known to be one. Each statement is a transaction of its own and leaves nothing behind when it
 * fails, so that one which the server gave up for the sake of another is run again.
 */
export function runnerBy(owner: string, name: string, client: PostgresClient): Run {
  checkClient(
    owner,
    client,
    ["query"],
    `${name} must have a query method, as a Pool or Client of pg and a PGlite have`,
  );
  return async (sql, ...parameters) => {
    const answer = await retryClashes(() => client.query(sql, [...parameters]));
    if (!Array.isArray(answer?.rows)) throw new TypeError(`${owner}: the client answered without rows`);
    return answer.rows as Record<string, unknown>[];
  };
}

/** A parameter that holds milliseconds since 1970, as a timestamp. */
export function at(parameter: string): string {
  return `to_timestamp(${parameter}::float8 / 1000)`;
}

/** The day of a parameter that holds milliseconds since 1970, in UTC. */
export function dayOf(parameter: string): string {
  return `(${at(parameter)} AT TIME ZONE 'UTC')::date`;
}

/** A timestamp as milliseconds since 1970: a number, whatever the client makes of timestamps. */
export function ms(column: string): string {
  return `round(extract(epoch from ${column}) * 1000)::float8`;
}

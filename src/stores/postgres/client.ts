import { checkClient, quotedTables } from "../shared/text.ts";

/** What the stores need of a Postgres client: a Pool or Client of `pg`, or a PGlite. */
export interface PostgresClient {
  /** Runs one statement with its parameters. */
  query(sql: string, parameters: unknown[]): Promise<PostgresAnswer>;
}

/** What the stores read of an answer. */
export interface PostgresAnswer {
  /** Its rows, as objects. */
  readonly rows: unknown[];
}

/** The names of the tables, with their schema if need be. */
export interface PostgresTables {
  /** `"hallpass_users"` by default. */
  readonly users?: string;
  /** `"hallpass_sessions"` by default. */
  readonly sessions?: string;
  /** `"hallpass_refresh_tokens"` by default. */
  readonly refreshTokens?: string;
  /** `"hallpass_revocations"` by default. */
  readonly revocations?: string;
}

/** What a Postgres store is made of. */
export interface PostgresOptions {
  /** The application's client, connected in its own way and time. */
  readonly client: PostgresClient;
  /** The names of the tables. */
  readonly tables?: PostgresTables;
}

const DEFAULTS = {
  users: "hallpass_users",
  sessions: "hallpass_sessions",
  refreshTokens: "hallpass_refresh_tokens",
  revocations: "hallpass_revocations",
} as const;

/** The tables' names, checked and quoted. */
export function postgresTables(owner: string, tables: PostgresTables | undefined): Required<PostgresTables> {
  return quotedTables<keyof PostgresTables>(owner, DEFAULTS, tables);
}

/** Runs a statement and gives its rows. */
export type Run = (sql: string, ...parameters: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** Binds a client, once it is known to be one. */
export function runnerOf(owner: string, options: PostgresOptions): Run {
  const client = options?.client;
  checkClient(owner, client, ["query"], "client must have a query method, as a Pool or Client of pg and a PGlite have");
  return async (sql, ...parameters) => {
    const answer = await client.query(sql, [...parameters]);
    if (!Array.isArray(answer?.rows)) throw new TypeError(`${owner}: the client answered without rows`);
    return answer.rows as Record<string, unknown>[];
  };
}

/** A parameter that holds milliseconds since 1970, as a timestamp. */
export function at(parameter: string): string {
  return `to_timestamp(${parameter}::float8 / 1000)`;
}

/** A timestamp as milliseconds since 1970: a number, whatever the client makes of timestamps. */
export function ms(column: string): string {
  return `round(extract(epoch from ${column}) * 1000)::float8`;
}

import { checkOptions, type OptionNames } from "../../shared/options.ts";

/** The names of the SQL stores' tables, each with or without its schema. */
export interface SqlTables {
  /** The table of users. `"hallpass_users"` by default. */
  readonly users?: string;
  /** The table of sessions. `"hallpass_sessions"` by default. */
  readonly sessions?: string;
  /** Counts how often all sessions of a user were ended. `"hallpass_session_owners"` by default. */
  readonly sessionOwners?: string;
  /** The table of revocations. `"hallpass_revocations"` by default. */
  readonly revocations?: string;
  /** The table of one-time tokens and codes. `"hallpass_one_time_tokens"` by default. */
  readonly oneTimeTokens?: string;
  /** The table of API keys. `"hallpass_api_keys"` by default. */
  readonly apiKeys?: string;
  /** The table of series of status lists. `"hallpass_status_lists"` by default. */
  readonly statusLists?: string;
  /** The table of the pages of status lists. `"hallpass_status_pages"` by default. */
  readonly statusPages?: string;
  /** The table of used DPoP proofs. `"hallpass_proofs"` by default. */
  readonly proofs?: string;
}

const NAMES: OptionNames<SqlTables> = {
  users: "optional",
  sessions: "optional",
  sessionOwners: "optional",
  revocations: "optional",
  oneTimeTokens: "optional",
  apiKeys: "optional",
  statusLists: "optional",
  statusPages: "optional",
  proofs: "optional",
};

const DEFAULTS: Required<SqlTables> = {
  users: "hallpass_users",
  sessions: "hallpass_sessions",
  sessionOwners: "hallpass_session_owners",
  revocations: "hallpass_revocations",
  oneTimeTokens: "hallpass_one_time_tokens",
  apiKeys: "hallpass_api_keys",
  statusLists: "hallpass_status_lists",
  statusPages: "hallpass_status_pages",
  proofs: "hallpass_proofs",
};

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/;

/** Checks the names of the tables and quotes them. */
export function quoteTables(owner: string, given: SqlTables = {}): Required<SqlTables> {
  checkOptions(`${owner}: tables`, given, NAMES);
  const named = Object.entries<string>({ ...DEFAULTS, ...given });
  for (const [name, table] of named) {
    if (typeof table !== "string" || !TABLE.test(table)) {
      throw new TypeError(
        `${owner}: tables.${name} must be a name of letters, digits and _, 63 at the most, with its schema if need be`,
      );
    }
  }
  // To SQLite, names that differ only in case are the same.
  if (new Set(named.map(([, table]) => table.toLowerCase())).size < named.length) {
    throw new TypeError(`${owner}: tables must be of different names`);
  }
  return Object.fromEntries(named.map(([name, table]) => [name, quoteName(table)])) as unknown as Required<SqlTables>;
}

function quoteName(table: string): string {
  return table.replace(/[^.]+/g, '"$&"');
}

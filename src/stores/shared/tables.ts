/** The names of the SQL stores' tables, with their schema if need be. */
export interface SqlTables {
  /** `"hallpass_users"` by default. */
  readonly users?: string;
  /** `"hallpass_sessions"` by default. */
  readonly sessions?: string;
  /** How often all sessions of a user were ended. `"hallpass_session_owners"` by default. */
  readonly sessionOwners?: string;
  /** `"hallpass_revocations"` by default. */
  readonly revocations?: string;
}

const DEFAULTS: Required<SqlTables> = {
  users: "hallpass_users",
  sessions: "hallpass_sessions",
  sessionOwners: "hallpass_session_owners",
  revocations: "hallpass_revocations",
};

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/;

/** The names of the tables, checked and quoted. */
export function quotedTables(owner: string, given: SqlTables = {}): Required<SqlTables> {
  for (const name of Object.keys(given)) {
    if (!(name in DEFAULTS)) {
      throw new TypeError(`${owner}: there is no table "${name}"; the tables are ${Object.keys(DEFAULTS).join(", ")}`);
    }
  }
  const named = Object.entries<string>({ ...DEFAULTS, ...given }).map(([name, table]) => {
    if (typeof table !== "string" || !TABLE.test(table)) {
      throw new TypeError(
        `${owner}: tables.${name} must be a name of letters, digits and _, with its schema if need be`,
      );
    }
    return [
      name,
      table
        .split(".")
        .map((part) => `"${part}"`)
        .join("."),
    ];
  });
  return Object.fromEntries(named) as Required<SqlTables>;
}

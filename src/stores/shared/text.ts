/**
 * An id as databases can hold it: text without NUL and lone surrogates, which they refuse or change. No two ids have the
 * same spelling, and an ordinary one is its own.
 */
export function spelled(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

/** The id that has a spelling. */
export function unspelled(spelling: string): string {
  return JSON.parse(`"${spelling}"`) as string;
}

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/;

/** Checks the names of tables, and quotes them, with their schema if they have one. */
export function quotedTables<Name extends string>(
  owner: string,
  defaults: Readonly<Record<Name, string>>,
  given: Readonly<Partial<Record<Name, string>>> | undefined,
): Record<Name, string> {
  for (const name of Object.keys(given ?? {})) {
    if (!(name in defaults)) {
      throw new TypeError(`${owner}: there is no table "${name}"; the tables are ${Object.keys(defaults).join(", ")}`);
    }
  }
  const named = Object.entries<string>({ ...defaults, ...given }).map(([name, table]) => {
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
  return Object.fromEntries(named) as Record<Name, string>;
}

/** Refuses a client that lacks one of the methods a store calls. */
export function checkClient(owner: string, client: unknown, methods: readonly string[], fix: string): void {
  for (const method of methods) {
    if (typeof (client as Record<string, unknown> | null | undefined)?.[method] !== "function") {
      throw new TypeError(`${owner}: ${fix}`);
    }
  }
}

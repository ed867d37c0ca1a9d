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

/** Refuses a client that lacks one of the methods a store calls. */
export function checkClient(owner: string, client: unknown, methods: readonly string[], fix: string): void {
  for (const method of methods) {
    if (typeof (client as Record<string, unknown> | null | undefined)?.[method] !== "function") {
      throw new TypeError(`${owner}: ${fix}`);
    }
  }
}

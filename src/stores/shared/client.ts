/**
 * Checks that a client has the methods that a store calls.
 *
 * @throws TypeError that says what to give
 */
export function checkClient(owner: string, client: unknown, methods: readonly string[], fix: string): void {
  for (const method of methods) {
    if (typeof (client as Record<string, unknown> | null | undefined)?.[method] !== "function") {
      throw new TypeError(`${owner}: ${fix}`);
    }
  }
}

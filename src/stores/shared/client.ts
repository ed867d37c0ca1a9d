import { readMark } from "../../shared/read.ts";

/**
 * Refuses a client that is given in place of the options.
 *
 * @param form - how to give it
 * @throws TypeError that says how to give it
 */
export function refuseClient(owner: string, given: unknown, methods: readonly string[], form: string): void {
  const isClient = methods.some((method) => typeof readMark(given, method) === "function");
  if (isClient) throw new TypeError(`${owner} takes an object with options: give the client as ${form}`);
}

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

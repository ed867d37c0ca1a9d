import { randomUUID } from "node:crypto";

/** A case of a contract: one promise of a store. */
export interface ContractCase {
  /** The promise, as the name of a test. */
  readonly name: string;
  /** Opens the store and tests the promise. Rejects where the store breaks it. */
  run(): Promise<void>;
}

/** Creates a case from each promise of a table. Each case opens a store. */
export function createCases<Store>(
  open: () => Store | Promise<Store>,
  promises: Readonly<Record<string, (store: Store) => Promise<void>>>,
): readonly ContractCase[] {
  return Object.entries(promises).map(([name, test]) => ({ name, run: async () => test(await open()) }));
}

const START = Date.UTC(2030, 0, 1, 0, 0, 0, 123);

/** Gives an instant so many milliseconds after the one at which the cases begin. */
export function at(ms: number): Date {
  return new Date(START + ms);
}

/** Creates so many things. Each is made from its index. */
export function createMany<T>(count: number, create: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => create(index));
}

/** Creates an id that no other case has, so that all may run on one database. */
export function createId(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

/**
 * Creates unusual ids, as clients and other issuers may choose them. Ids that a careless store would confuse stand next
 * to each other.
 */
export function createOddIds(): readonly string[] {
  const own = randomUUID();
  const odd = [
    "'; DROP TABLE users; --",
    '"quoted"',
    "back\\slash",
    "%",
    "_",
    "{brace}",
    "}{",
    "a:b:c",
    "*",
    "nul\0byte",
    "nul\0other",
    "line\nbreak",
    "\u{1f511}",
    "e\u0301",
    "\u00e9",
    "\ud800",
    "\udc00",
    "\\ud800",
    "__proto__",
    "constructor",
    " ",
    "",
    "x".repeat(4_000),
  ];
  return [...odd.map((it) => own + it), ...odd.map((it) => it + own).filter((it) => it !== own)];
}

import { randomUUID } from "node:crypto";

/** One promise of a store, ready to be run: it rejects where the promise is broken. */
export interface ContractCase {
  /** The promise, for the runner to show. */
  readonly name: string;
  /** Opens the store and holds it to the promise. */
  run(): Promise<void>;
}

/** Turns a table of promises into cases that open a store each. */
export function casesOf<Store>(
  open: () => Store | Promise<Store>,
  promises: Readonly<Record<string, (store: Store) => Promise<void>>>,
): readonly ContractCase[] {
  return Object.entries(promises).map(([name, hold]) => ({ name, run: async () => hold(await open()) }));
}

/** An id that no other case has, so that all may run against one database. */
export function fresh(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

/** Ids as clients and other issuers may choose them: those that a careless store takes for one stand side by side. */
export function oddIds(): readonly string[] {
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

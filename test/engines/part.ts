import type { ContractCase } from "../../src/testing.ts";

/** What belongs together, opened when its turn comes. */
export interface Part {
  readonly cases: readonly ContractCase[];
  close?(): unknown;
}

/** Parts by name; they open what they need. */
export type Parts = Readonly<Record<string, () => Part | Promise<Part>>>;

/** A table of things to try as cases. */
export function casesOf(table: Readonly<Record<string, () => unknown>>): readonly ContractCase[] {
  return Object.entries(table).map(([name, run]) => ({ name, run: async () => void (await run()) }));
}

/** Cases whose names say what they are about. */
export function about(subject: string, cases: readonly ContractCase[]): readonly ContractCase[] {
  return cases.map(({ name, run }) => ({ name: `${subject}: ${name}`, run }));
}

/** Runs all the cases of a part at once, says how they went, and how many failed. */
export async function runPart(name: string, open: Parts[string]): Promise<number> {
  const began = performance.now();
  const { cases, close } = await opened(open);
  const runs = await Promise.allSettled(cases.map(({ run }) => run()));
  await close?.();
  const failures = runs.flatMap((run, nth) => (run.status === "rejected" ? [[cases[nth]?.name, run.reason]] : []));
  const took = Math.round(performance.now() - began);
  console.log(
    `  ${failures.length === 0 ? "✓" : "✗"} ${name}: ${cases.length - failures.length} of ${cases.length} (${took} ms)`,
  );
  for (const [what, reason] of failures) console.log(`    ✗ ${what}\n`, reason);
  return failures.length;
}

/** A part; where it can't be opened, that is its one case, and it fails. */
async function opened(open: Parts[string]): Promise<Part> {
  try {
    return await open();
  } catch (error) {
    return { cases: casesOf({ "can be opened": () => Promise.reject(error) }) };
  }
}

/** The address of a server, as run.ts gives it. */
export function addressOf(variable: string): string {
  const url = process.env[variable];
  if (url === undefined) throw new Error(`${variable} is not set`);
  return url;
}

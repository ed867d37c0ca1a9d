import { deepStrictEqual } from "node:assert";
import { MUTANTS } from "../contracts/mutants/uncaught.ts";
import { casesOf, type Part } from "./part.ts";

/** The contracts notice every broken store, also where an engine's assertions are its own. */
export function mutants(): Part {
  const noticed = Object.entries(MUTANTS).map(([contract, uncaught]) => [
    contract,
    async () => deepStrictEqual(await uncaught(), { unnoticed: [], idle: [] }),
  ]);
  return { cases: casesOf(Object.fromEntries(noticed) as Readonly<Record<string, () => Promise<void>>>) };
}

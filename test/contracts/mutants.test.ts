import { expect, it } from "vitest";
import type { Blocklist } from "../../src/stores/contract.ts";
import { blocklistContract, userStoreContract } from "../../src/testing.ts";
import { BROKEN_BLOCKLISTS, withoutCuts } from "./mutants/blocklists.ts";
import { MUTANTS } from "./mutants/uncaught.ts";
import { LACKING } from "./mutants/user-stores.ts";

it.concurrent.each(Object.entries(MUTANTS))(
  "%s notices every broken store, by every case",
  { timeout: 60_000 },
  async (_contract, uncaught) => {
    expect(await uncaught()).toEqual({ unnoticed: [], idle: [] });
  },
);

it.concurrent("asks nothing about cuts of a store that can't say them", async () => {
  for (const { run } of blocklistContract(withoutCuts)) await run();
});

it.each([0, 1, 500, 992, 993, 999])("notices who cuts by the second, also %i ms into one", async (ms) => {
  const time = Math.floor(Date.now() / 1_000) * 1_000 + ms;
  for (const mutant of ["cuts by the second", "says a cut by the second"]) {
    const open = BROKEN_BLOCKLISTS[mutant] as () => Blocklist;
    const cases = blocklistContract(open, () => time).filter(({ name }) => name.includes("up to"));
    const outcomes = await Promise.allSettled(cases.map(({ run }) => run()));
    expect(
      outcomes.map(({ status }) => status),
      mutant,
    ).toContain("rejected");
  }
});

it.each(Object.entries(LACKING))("asks nothing else of a user store that %s", async (_what, open) => {
  for (const { run } of userStoreContract(open)) await run();
});

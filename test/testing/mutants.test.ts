import { expect, it } from "vitest";
import { blocklistContract, userStoreContract } from "../../src/testing.ts";
import { withoutCuts } from "./mutants/blocklists.ts";
import { MUTANTS } from "./mutants/uncaught.ts";
import { withoutReplacing } from "./mutants/user-stores.ts";

it.each(Object.entries(MUTANTS))(
  "%s notices every broken store, by every case",
  { timeout: 60_000 },
  async (_contract, uncaught) => {
    expect(await uncaught()).toEqual({ unnoticed: [], idle: [] });
  },
);

it("asks nothing about cuts of a store that can't say them", async () => {
  for (const { run } of blocklistContract(withoutCuts)) await run();
});

it("asks nothing about hashes of a store that can't replace them", async () => {
  for (const { run } of userStoreContract(withoutReplacing)) await run();
});

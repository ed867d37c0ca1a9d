import { expect, it } from "vitest";
import { blocklistContract, userStoreContract } from "../../src/testing.ts";
import { withoutCuts } from "./mutants/blocklists.ts";
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

it.each(Object.entries(LACKING))("asks nothing else of a user store that %s", async (_what, open) => {
  for (const { run } of userStoreContract(open)) await run();
});

import type { ContractCase } from "../../../src/testing.ts";
import {
  apiKeyStoreContract,
  blocklistContract,
  oneTimeStoreContract,
  proofStoreContract,
  refreshStoreContract,
  statusListStoreContract,
  userStoreContract,
} from "../../../src/testing.ts";
import { partOf, THOROUGH } from "../../support/thorough.ts";
import { BROKEN_API_KEY_STORES } from "./api-key-stores.ts";
import { BROKEN_BLOCKLISTS } from "./blocklists.ts";
import { BROKEN_ONE_TIME_STORES } from "./one-time-stores.ts";
import { BROKEN_PROOF_STORES } from "./proof-stores.ts";
import { BROKEN_REFRESH_STORES } from "./refresh-stores.ts";
import { BROKEN_STATUS_LIST_STORES } from "./status-list-stores.ts";
import { BROKEN_USER_STORES } from "./user-stores.ts";

/** What a contract let pass. */
export interface Uncaught {
  /** The broken stores that keep it. */
  readonly unnoticed: readonly string[];
  /** Its promises that no broken store breaks. A quick run, which takes a part of the stores, names none. */
  readonly idle: readonly string[];
}

/** Runs each contract against every broken store. */
export const MUTANTS: Readonly<Record<string, () => Promise<Uncaught>>> = {
  "the contract of stores of API keys": () => uncaught(BROKEN_API_KEY_STORES, apiKeyStoreContract),
  "the blocklist's contract": () => uncaught(BROKEN_BLOCKLISTS, blocklistContract),
  "the refresh store's contract": () => uncaught(BROKEN_REFRESH_STORES, refreshStoreContract),
  "the one-time store's contract": () => uncaught(BROKEN_ONE_TIME_STORES, oneTimeStoreContract),
  "the status list store's contract": () => uncaught(BROKEN_STATUS_LIST_STORES, statusListStoreContract),
  "the proof store's contract": () => uncaught(BROKEN_PROOF_STORES, proofStoreContract),
  "the user store's contract": () => uncaught(BROKEN_USER_STORES, userStoreContract),
};

/** All at once, since some promises take their time. */
async function uncaught<Store>(
  mutants: Readonly<Record<string, () => Store>>,
  contract: (open: () => Store) => readonly ContractCase[],
): Promise<Uncaught> {
  const broken = await Promise.all(
    partOf(Object.entries(mutants), 0, 2).map(async ([mutant, open]) => ({
      mutant,
      names: await brokenBy(contract(open)),
    })),
  );
  const names = new Set(broken.flatMap(({ names }) => names));
  const promises = THOROUGH ? contract(() => undefined as Store) : [];
  return {
    unnoticed: broken.filter(({ names }) => names.length === 0).map(({ mutant }) => mutant),
    idle: promises.map(({ name }) => name).filter((name) => !names.has(name)),
  };
}

async function brokenBy(promises: readonly ContractCase[]): Promise<readonly string[]> {
  const runs = await Promise.allSettled(promises.map(({ run }) => run()));
  return promises.filter((_, nth) => runs[nth]?.status === "rejected").map(({ name }) => name);
}

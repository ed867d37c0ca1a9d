import { deepStrictEqual, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { MINUTE_MS } from "../shared/clock.ts";
import type { ProofStore } from "../stores/contract.ts";
import { at, type ContractCase, createCases, createMany } from "./contract.ts";

const drawId = (): string => randomBytes(32).toString("base64url");

/**
 * Returns the promises of a {@link ProofStore}, as cases for any test runner.
 *
 * @param open - returns the store; all cases may share one
 *
 * @example
 * ```ts
 * for (const { name, run } of proofStoreContract(() => myProofStore)) test(name, run);
 * ```
 */
export function proofStoreContract(open: () => ProofStore | Promise<ProofStore>): readonly ContractCase[] {
  const remember = (store: ProofStore, id: string, ms = 0): Promise<boolean> =>
    store.remember(id, at(MINUTE_MS), at(ms));
  return createCases(open, {
    "answers exactly true for a proof that it does not know, and exactly false for one that it does": async (store) => {
      const id = drawId();
      strictEqual(await remember(store, id), true);
      strictEqual(await remember(store, id), false);
      strictEqual(await remember(store, id), false);
    },
    "lets one of fifty at once through": async (store) => {
      for (let round = 0; round < 5; round += 1) {
        const id = drawId();
        const answers = await Promise.all(createMany(50, () => remember(store, id)));
        deepStrictEqual(answers.toSorted(), [...Array<boolean>(49).fill(false), true]);
      }
    },
    "remembers it until it expires": async (store) => {
      const id = drawId();
      strictEqual(await remember(store, id), true);
      for (const ms of [1, MINUTE_MS / 2, MINUTE_MS - 1]) strictEqual(await remember(store, id, ms), false);
    },
    "remembers it when it is asked with a sooner end": async (store) => {
      const id = drawId();
      strictEqual(await remember(store, id), true);
      strictEqual(await store.remember(id, at(1), at(0)), false);
      strictEqual(await remember(store, id, 2), false);
    },
    "tells many proofs apart, also by case": async (store) => {
      const id = `${drawId().slice(1)}a`;
      const swapped = `${id.slice(0, -1)}A`;
      strictEqual(await remember(store, id), true);
      strictEqual(await remember(store, swapped), true);
      const ids = createMany(200, drawId);
      deepStrictEqual(new Set(await Promise.all(ids.map((it) => remember(store, it)))), new Set([true]));
      deepStrictEqual(new Set(await Promise.all(ids.map((it) => remember(store, it, 1)))), new Set([false]));
    },
  });
}

import type { ProofStore } from "../../../src/stores/contract.ts";
import { memoryProofs } from "../../../src/stores/memory.ts";

type Remember = ProofStore["remember"];
const broken = (change: (remember: Remember) => Remember) => (): ProofStore => {
  const store = memoryProofs();
  return { remember: change((...args) => store.remember(...args)) };
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Stores of proofs each of which breaks a promise. */
export const BROKEN_PROOF_STORES: Readonly<Record<string, () => ProofStore>> = {
  "lets everything through": broken(() => async () => true),
  "lets nothing through": broken(() => async () => false),
  "answers what counts as true and false": broken(
    (remember) =>
      async (...args) =>
        +(await remember(...args)) as never,
  ),
  "looks, then remembers": broken(() => {
    const known = new Set<string>();
    return async (id) => {
      const isThere = known.has(id);
      await pause();
      known.add(id);
      return !isThere;
    };
  }),
  "forgets a proof after half of its time": broken(() => {
    const ends = new Map<string, number>();
    return async (id, expiresAt, at) => {
      if ((ends.get(id) ?? 0) > at.getTime()) return false;
      ends.set(id, (expiresAt.getTime() + at.getTime()) / 2);
      return true;
    };
  }),
  "takes the last end that it was told": broken(() => {
    const ends = new Map<string, Date>();
    return async (id, expiresAt, at) => {
      const isThere = (ends.get(id) ?? at) > at;
      ends.set(id, expiresAt);
      return !isThere;
    };
  }),
  "remembers a hundred": broken(() => {
    const known: string[] = [];
    return async (id) => {
      if (known.includes(id)) return false;
      known.push(id);
      if (known.length > 100) known.shift();
      return true;
    };
  }),
  "takes ids without case": broken(
    (remember) =>
      (id, ...rest) =>
        remember(id.toLowerCase(), ...rest),
  ),
};

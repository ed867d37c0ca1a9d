import { computeDigest } from "../core/digest.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import { keepOwn, readOwn } from "../shared/own-mark.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStore } from "../store-calls/call.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import type { ProofStore } from "../stores/contract.ts";
import { createProofError } from "./check-proof.ts";
import type { DpopSettings } from "./options.ts";

/** When and where a proof is used. */
interface ProofUse {
  /** Until when it would be accepted, in milliseconds since 1970. */
  readonly end: number;
  /** The current time, in milliseconds since 1970. */
  readonly at: number;
  /** The object that identifies the HTTP request; `null` without an adapter. */
  readonly exchange: object | null;
}

/** Records a proof as used. Returns a promise only if there is a store; it rejects if the proof was used before. */
export type ProofUser = (proof: DpopProof, use: ProofUse) => undefined | Promise<void>;

/** The answer of a store about the proof of an HTTP request. */
interface AskedStore {
  readonly id: string;
  readonly answer: Promise<void>;
}

/** The mark of an HTTP request, which holds the answers of each store during it. */
const ASKED = /* @__PURE__ */ Symbol.for("hallpass.askedProofs");

/**
 * Creates the function that records a used proof in the store. All uses of a proof during one HTTP request share one
 * answer of the store. Otherwise the second of two guards on a route would take the proof for a replay.
 */
export function createProofUser({ proofs, storeTimeoutMs }: DpopSettings, observe: CallObserver): ProofUser {
  if (proofs === null) return () => undefined;

  const ask = async (id: string, { end, at }: ProofUse): Promise<void> => {
    const remember = async () => proofs.remember(id, new Date(end), new Date(at));
    if (await callStore("proofs.remember", storeTimeoutMs, remember, checkBoolean, observe)) return;
    throw createProofError(new Error("the proof was used before: a client makes one for each request"));
  };

  return ({ jkt, jti }, use) => {
    const id = computeDigest(`${jkt} ${jti}`);
    const { exchange } = use;
    if (exchange === null) return ask(id, use);
    const asked = (readOwn(exchange, ASKED) ?? new Map()) as Map<ProofStore, AskedStore>;
    const known = asked.get(proofs);
    if (known?.id === id) return known.answer;
    const answer = ask(id, use);
    keepOwn(exchange, ASKED, asked.set(proofs, { id, answer }));
    return answer;
  };
}

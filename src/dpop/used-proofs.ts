import { computeDigest } from "../core/digest.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStore } from "../store-calls/call.ts";
import type { CallObserver } from "../store-calls/stats.ts";
import type { ProofStore } from "../stores/contract.ts";
import { refuseProof } from "./check-proof.ts";
import type { DpopSettings } from "./options.ts";

/** When and where a proof is used. */
interface ProofUse {
  /** Until when it would be taken again, in milliseconds since 1970. */
  readonly end: number;
  /** The present, in milliseconds since 1970. */
  readonly at: number;
  /** What the HTTP request is known by; `null` where no adapter said. */
  readonly exchange: object | null;
}

/** Uses a proof. The answer is a promise only where a store is asked, and rejects where the proof was used before. */
export type ProofUser = (proof: DpopProof, use: ProofUse) => undefined | Promise<void>;

/** What a store was asked about the proof of an HTTP request. */
interface Asked {
  readonly id: string;
  readonly answer: Promise<void>;
}

/** What each store was asked in the course of an HTTP request. */
const askedDuring = new WeakMap<object, Map<ProofStore, Asked>>();

/**
 * Makes what has a store remember the proofs that were used. All that look at a proof in the course of one HTTP request
 * share the store's one answer: two guards of a route would otherwise take each other's proof for a replay.
 */
export function createProofUser({ proofs, storeTimeoutMs }: DpopSettings, observe: CallObserver): ProofUser {
  if (proofs === null) return () => undefined;

  const ask = async (id: string, { end, at }: ProofUse): Promise<void> => {
    const remember = async () => proofs.remember(id, new Date(end), new Date(at));
    if (await callStore("proofs.remember", storeTimeoutMs, remember, checkBoolean, observe)) return;
    throw refuseProof(new Error("the proof was used before: a client makes one for each request"));
  };

  return ({ jkt, jti }, use) => {
    const id = computeDigest(`${jkt} ${jti}`);
    const { exchange } = use;
    if (exchange === null) return ask(id, use);
    const asked = askedDuring.get(exchange) ?? new Map<ProofStore, Asked>();
    const known = asked.get(proofs);
    if (known?.id === id) return known.answer;
    const answer = ask(id, use);
    askedDuring.set(exchange, asked.set(proofs, { id, answer }));
    return answer;
  };
}

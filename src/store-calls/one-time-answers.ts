import { isObject } from "../shared/object.ts";
import type { OneTimeTry, StoredOneTimeToken } from "../stores/contract.ts";
import { type AnswerCheck, demand, demandCount, demandId, demandInstant, OR_NULL } from "./answer-checks.ts";

/**
 * Creates the check of what a one-time store's `find` or `take` answers for a digest.
 *
 * @param isData - tells whether a value is a text that may have been stored
 */
export function expectOneTimeToken(digest: string, purpose: string, isData: (value: unknown) => boolean): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    demand(isObject(answer), call, "the answer", "an object or null", answer, OR_NULL);
    const token = answer as Partial<StoredOneTimeToken>;
    const isAskedFor = token.digest === digest && token.purpose === purpose;
    if (!isAskedFor) throw new TypeError(`${call}: it answered with another token than it was asked for`);
    demandId(call, "userId", token.userId);
    demand(isData(token.data), call, "data", "the text that was stored", token.data);
    demandInstant(call, "expiresAt", token.expiresAt);
  };
}

/** Checks what a one-time store's `countTry` answers. */
export function checkTry(call: string, answer: unknown): void {
  if (answer === null) return;
  demand(isObject(answer), call, "the answer", "an object or null", answer, OR_NULL);
  const { digest, tries } = answer as Partial<OneTimeTry>;
  demandId(call, "digest", digest);
  demandCount(call, "tries", tries);
  if (tries === 0) throw new TypeError(`${call}: tries must count this one, got 0`);
}

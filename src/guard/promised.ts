import type { AuthorizationHeader, Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** The ways to ask a guard who is asking. */
export type Recognition = "authenticate" | "authenticateOptional";

type Answer<Found> = (header: AuthorizationHeader) => Found;

/** The answers themselves, by the functions that promise them. */
const immediate = new WeakMap<object, Answer<Identity | null>>();

/** Makes what answers at once promise its answers. */
export function promised<Found extends Identity | null>(answer: Answer<Found>): Answer<Promise<Found>> {
  const promise = (header: AuthorizationHeader): Promise<Found> => {
    try {
      return Promise.resolve(answer(header));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  immediate.set(promise, answer);
  return promise;
}

/**
 * How a guard tells who is asking without a promise: to be called back later costs a framework more than to know a known
 * token. `undefined` where somebody may have to be waited for, and for a guard of the application's own making: what
 * that answers is to be awaited, whatever it is.
 */
export function immediateAnswer(guard: Guard, recognition: Recognition): Answer<Identity | null> | undefined {
  return immediate.get(guard[recognition]);
}

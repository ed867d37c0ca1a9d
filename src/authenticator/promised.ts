import type { AuthorizationHeader, Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** The ways to ask a guard who is asking. */
export type Recognition = "authenticate" | "authenticateOptional";

type Answer<Found> = (header: AuthorizationHeader) => Found | Promise<Found>;

/** The answers themselves, by the functions that promise them. */
const immediate = new WeakMap<object, Answer<unknown>>();

/** Makes what answers at once, where it can, promise its answers. */
export function promised<Found>(answer: Answer<Found>): (header: AuthorizationHeader) => Promise<Found> {
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
 * What a guard promises, or that itself where nobody has to be waited for: to be called back later costs a framework more
 * than to know a known token. A guard of the application's own making is asked as it is.
 */
export function askNow<Found extends Identity | null>(
  guard: Guard,
  recognition: Recognition,
  header: AuthorizationHeader,
): Found | Promise<Found> {
  const answer = immediate.get(guard[recognition]) ?? ((same) => guard[recognition](same));
  return answer(header) as Found | Promise<Found>;
}

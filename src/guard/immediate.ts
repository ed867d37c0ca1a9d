import { keepOwn, readOwn } from "../shared/own-mark.ts";
import type { Guard, GuardAnswer, Recognition } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** A value, or a promise of it if something has to be awaited. */
type Awaitable<Found> = Found | Promise<Found>;

/** The mark of a guard's asynchronous method, which holds the function that answers without a promise where it can. */
const IMMEDIATE = /* @__PURE__ */ Symbol.for("hallpass.immediate");

/** Makes the asynchronous method of a function, and keeps the function for {@link answerAtOnce}. */
export function promiseAnswers<Found extends Identity | null>(
  answer: GuardAnswer<Awaitable<Found>>,
): GuardAnswer<Promise<Found>> {
  const method: GuardAnswer<Promise<Found>> = async (request) => answer(request);
  keepOwn(method, IMMEDIATE, answer);
  return method;
}

/**
 * Finds the function behind a guard's method that answers without a promise where it can. Awaiting a promise costs a
 * framework more than the lookup of a cached token. The function throws its refusal, or its promise rejects. A method
 * that always waits has no such function, and neither has one that the application wrote: their answers are awaited.
 */
export function answerAtOnce(
  guard: Guard,
  recognition: Recognition,
): GuardAnswer<Awaitable<Identity | null>> | undefined {
  return readOwn(guard[recognition], IMMEDIATE) as GuardAnswer<Awaitable<Identity | null>> | undefined;
}

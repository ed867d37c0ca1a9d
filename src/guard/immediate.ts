import type { Guard, GuardAnswer, Recognition } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** A value, or a promise of it if something has to be awaited. */
type Awaitable<Found> = Found | Promise<Found>;

/**
 * The functions that answer without a promise where they can, by the asynchronous method of their guard. They are not
 * properties of the method: a test's spy in the method's place copies its properties, and would be bypassed.
 */
const answers = new WeakMap<object, GuardAnswer<Awaitable<Identity | null>>>();

/** Makes the asynchronous method of a function, and keeps the function for {@link immediateAnswer}. */
export function promiseAnswers<Found extends Identity | null>(
  answer: GuardAnswer<Awaitable<Found>>,
): GuardAnswer<Promise<Found>> {
  const method: GuardAnswer<Promise<Found>> = async (request) => answer(request);
  answers.set(method, answer);
  return method;
}

/**
 * Finds the function behind a guard's method that answers without a promise where it can. Awaiting a promise costs a
 * framework more than the lookup of a cached token. The function throws its refusal, or its promise rejects. A method
 * that always waits has no such function, and neither has one that the application wrote: their answers are awaited.
 */
export function immediateAnswer(
  guard: Guard,
  recognition: Recognition,
): GuardAnswer<Awaitable<Identity | null>> | undefined {
  return answers.get(guard[recognition]);
}

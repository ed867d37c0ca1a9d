import type { Guard, GuardAnswer, Recognition } from "./guard.ts";
import type { Identity } from "./identity.ts";

/**
 * The functions that answer without a promise, each under the method of a guard that promises its answers. A property
 * of the method would not do: a spy that a test puts in the method's place copies its properties, and would be passed
 * over.
 */
const answers = new WeakMap<object, GuardAnswer<Identity | null>>();

/** Makes the method that promises the answers of a function, and keeps the function for {@link immediateAnswer}. */
export function promiseAnswers<Found extends Identity | null>(answer: GuardAnswer<Found>): GuardAnswer<Promise<Found>> {
  const method: GuardAnswer<Promise<Found>> = async (request) => answer(request);
  answers.set(method, answer);
  return method;
}

/**
 * Gives the function by which a guard answers without a promise, where it has one: to wait for a promise costs a
 * framework more than to know a remembered token. A guard that waits for a store, a schema or the thread pool has none,
 * and neither has a method of the application's own: their answers are awaited.
 */
export function immediateAnswer(guard: Guard, recognition: Recognition): GuardAnswer<Identity | null> | undefined {
  return answers.get(guard[recognition]);
}

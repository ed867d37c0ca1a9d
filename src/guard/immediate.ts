import type { Guard, GuardAnswer, Recognition } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** What is found, or a promise of it where somebody has to be waited for. */
type Awaitable<Found> = Found | Promise<Found>;

/**
 * The functions that answer without a promise where they can, each under the method of a guard that promises its
 * answers. A property of the method would not do: a spy that a test puts in the method's place copies its properties,
 * and would be passed over.
 */
const answers = new WeakMap<object, GuardAnswer<Awaitable<Identity | null>>>();

/** Makes the method that promises the answers of a function, and keeps the function for {@link immediateAnswer}. */
export function promiseAnswers<Found extends Identity | null>(
  answer: GuardAnswer<Awaitable<Found>>,
): GuardAnswer<Promise<Found>> {
  const method: GuardAnswer<Promise<Found>> = async (request) => answer(request);
  answers.set(method, answer);
  return method;
}

/**
 * Gives the function by which a guard answers without a promise wherever nobody has to be waited for, where it has one:
 * to wait for a promise costs a framework more than to know a remembered token. What it refuses it throws, or the
 * promise rejects. A guard that waits for every answer has none, and neither has a method of the application's own:
 * their answers are awaited.
 */
export function immediateAnswer(
  guard: Guard,
  recognition: Recognition,
): GuardAnswer<Awaitable<Identity | null>> | undefined {
  return answers.get(guard[recognition]);
}

import { isThenable } from "./promise.ts";

/** Calls a listener of the application. What it throws, or rejects with, is ignored. */
export function tell<Args extends readonly unknown[]>(listener: (...args: Args) => unknown, ...args: Args): void {
  try {
    const answer = listener(...args);
    if (isThenable(answer)) answer.then(undefined, ignore);
  } catch {
    // An error of the listener must not change the answer to a request.
  }
}

/** Does nothing. It is the listener where the application gave none. */
export function ignore(): void {}

/** Creates a function that emits a warning of the process when it is first called. */
export function createWarning(): (message: string) => void {
  let hasWarned = false;
  return (message) => {
    if (!hasWarned) process.emitWarning(message);
    hasWarned = true;
  };
}

import { isThenable } from "./promise.ts";

/** Tells a listener of the application, which can't change what goes on: neither by throwing nor by rejecting. */
export function tell<Args extends readonly unknown[]>(listener: (...args: Args) => unknown, ...args: Args): void {
  try {
    const answer = listener(...args);
    if (isThenable(answer)) answer.then(undefined, ignore);
  } catch {
    // The listener's failure is its own.
  }
}

/** For a listener that nobody gave. */
export function ignore(): void {}

/** Warns the process the first time it is called, where nobody gave a listener. */
export function warningOnce(): (message: string) => void {
  let hasWarned = false;
  return (message) => {
    if (!hasWarned) process.emitWarning(message);
    hasWarned = true;
  };
}

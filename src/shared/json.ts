import { isThenable, refusePromise } from "./promise.ts";

/**
 * Refuses a promise in a value that was written as JSON, which made an empty object of it.
 *
 * @param name - what the value is, for the message
 * @param json - its JSON: where that has no empty object, the value is not read again
 */
export function refusePromiseWithin(name: string, value: unknown, json: string): void {
  if (!json.includes("{}")) return;
  let promise: unknown;
  try {
    JSON.stringify(value, (_member, it: unknown) => {
      if (isThenable(it)) promise = it;
      return it;
    });
  } catch {
    // What can be read once only has been written already.
  }
  refusePromise(`a part of ${name}`, promise);
}

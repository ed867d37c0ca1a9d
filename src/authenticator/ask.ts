import { AuthError } from "../core/errors.ts";
import { isThenable, withTimeout } from "../shared/promise.ts";

/**
 * Asks a store of the application, which may be down, slow, or wrong: what is late, throws, or answers something that
 * does not fit is an outage (503), and never an answer.
 *
 * An answer that is no promise is taken at once, without a timer.
 */
export async function ask<T>(
  name: string,
  timeoutMs: number,
  call: () => T | PromiseLike<T>,
  fits: (answer: T) => boolean,
): Promise<T> {
  let answer: T;
  try {
    const given = call();
    answer = isThenable(given) ? await withTimeout(name, timeoutMs, given) : given;
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
  if (!fits(answer)) {
    throw new AuthError("unavailable", {
      cause: new TypeError(`${name} gave an answer that its contract does not know`),
    });
  }
  return answer;
}

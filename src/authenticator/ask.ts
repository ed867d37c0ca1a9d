import { AuthError } from "../core/errors.ts";
import { stopwatch } from "../shared/clock.ts";
import { isThenable, withTimeout } from "../shared/promise.ts";
import type { AnswerCheck } from "./answers.ts";

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
  check: AnswerCheck,
): Promise<T> {
  try {
    const given = call();
    const answer = isThenable(given) ? await withTimeout(name, timeoutMs, given) : given;
    check(name, answer);
    return answer;
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}

/** How long stores may take: one call, and all calls of one request. */
export interface TimeLimits {
  readonly storeTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** The time that one request has, shared by all that it asks. */
export interface Budget {
  /** Milliseconds that are left; never negative. */
  left(): number;
  /** Asks a store as {@link ask} does, for as long as one call may take and the request has time left. */
  ask<T>(name: string, call: () => T | PromiseLike<T>, check: AnswerCheck): Promise<T>;
  /** Waits for what may take as long as the request has time left; what it throws is thrown as it is. */
  wait<T>(name: string, answer: T | PromiseLike<T>): T | Promise<T>;
}

/** Waits for an answer, and takes it for an outage where it is late. */
export function waitFor<T>(name: string, timeoutMs: number, answer: T | PromiseLike<T>): T | Promise<T> {
  return isThenable(answer) ? withTimeout(name, timeoutMs, answer as PromiseLike<T>, { late: outage }) : answer;
}

function outage(cause: Error): AuthError {
  return new AuthError("unavailable", { cause });
}

/** Begins a request's time. */
export function startBudget({ storeTimeoutMs, requestTimeoutMs }: TimeLimits): Budget {
  const end = stopwatch() + requestTimeoutMs;
  const left = (): number => Math.max(end - stopwatch(), 0);
  return {
    left,
    async ask(name, call, check) {
      const timeoutMs = Math.min(storeTimeoutMs, left());
      if (timeoutMs > 0) return ask(name, timeoutMs, call, check);
      throw new AuthError("unavailable", { cause: new Error(`no time of the request was left to call ${name}`) });
    },
    wait: (name, answer) => waitFor(name, left(), answer),
  };
}

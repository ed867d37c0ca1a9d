import { AuthError } from "../core/errors.ts";
import { stopwatch } from "../shared/clock.ts";
import { isThenable, withTimeout } from "../shared/promise.ts";
import type { AnswerCheck } from "./answers.ts";

/** A call that failed, and how long it took. */
interface FailedCall {
  readonly call: string;
  /** Milliseconds. */
  readonly durationMs: number;
}

/** The calls that outages come from, by their errors: whoever catches one may tell which it was. */
const failedCalls = new WeakMap<AuthError, FailedCall>();

/** The call that an outage comes from, if it comes from one. */
export function failedCall(error: AuthError): FailedCall | undefined {
  return failedCalls.get(error);
}

function outage(call: string, durationMs: number, cause: unknown): AuthError {
  const error = new AuthError("unavailable", { cause });
  failedCalls.set(error, { call, durationMs });
  return error;
}

/**
 * Asks a store of the application, which may be down, slow, or wrong: what is late, throws, or answers something that
 * does not fit is an outage (503), and never an answer.
 *
 * An answer that is no promise is taken at once, without a timer.
 *
 * @param asked - the stopwatch's time, where the caller has read it
 */
export async function ask<T>(
  name: string,
  timeoutMs: number,
  call: () => T | PromiseLike<T>,
  check: AnswerCheck,
  asked?: number,
): Promise<T> {
  let began = asked;
  try {
    let answer = call();
    if (isThenable(answer)) {
      began ??= stopwatch(); // not before: that takes a twentieth of the time in which a store in memory has answered
      answer = (await withTimeout(name, timeoutMs, answer)) as T;
    }
    check(name, answer);
    return answer;
  } catch (cause) {
    const now = stopwatch();
    throw outage(name, now - (began ?? now), cause);
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
  /** The first outage of a store that was asked, whatever became of it. */
  outage(): AuthError | undefined;
}

/** Waits for an answer, and takes it for an outage where it is late. */
export function waitFor<T>(name: string, timeoutMs: number, answer: T | PromiseLike<T>): T | Promise<T> {
  const late = (cause: Error): AuthError => outage(name, timeoutMs, cause);
  return isThenable(answer) ? withTimeout(name, timeoutMs, answer as PromiseLike<T>, { late }) : answer;
}

/** Begins a request's time. */
export function startBudget({ storeTimeoutMs, requestTimeoutMs }: TimeLimits): Budget {
  const end = stopwatch() + requestTimeoutMs;
  const leftAt = (time: number): number => Math.max(end - time, 0);
  const left = (): number => leftAt(stopwatch());
  let first: AuthError | undefined;
  return {
    left,
    async ask(name, call, check) {
      const asked = stopwatch();
      const timeoutMs = Math.min(storeTimeoutMs, leftAt(asked));
      try {
        if (timeoutMs > 0) return await ask(name, timeoutMs, call, check, asked);
        throw outage(name, 0, new Error(`no time of the request was left to call ${name}`));
      } catch (error) {
        first ??= error as AuthError;
        throw error;
      }
    },
    outage: () => first,
    wait: (name, answer) => waitFor(name, left(), answer),
  };
}

import { AuthError } from "../core/errors.ts";
import { stopwatch } from "../shared/clock.ts";
import { ignore } from "../shared/listener.ts";
import { isThenable, withTimeout } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import type { AnswerCheck } from "./answer-checks.ts";
import type { CallObserver } from "./stats.ts";

/** A call that failed. */
interface FailedCall {
  readonly call: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/**
 * The symbol under which an error has the call that it led to: other entries of the package have copies of this file.
 */
const FAILED_CALL = Symbol.for("hallpass.failedCall");

/** Finds the call that led to an error, where one did. */
export function findFailedCall(error: AuthError): FailedCall | undefined {
  return readMark(error, FAILED_CALL) as FailedCall | undefined;
}

/**
 * Makes the error of a call that failed.
 *
 * @param retryAfter - the seconds after which it is worth to try again, where they are known
 */
export function unavailable(call: string, durationMs: number, cause: unknown, retryAfter?: number): AuthError {
  const error = new AuthError("unavailable", { cause, ...(retryAfter !== undefined && { retryAfter }) });
  return Object.defineProperty(error, FAILED_CALL, { value: { call, durationMs } });
}

/**
 * Calls a store of the application. A store that is down, slow or wrong is an outage (503): so a call that throws, an
 * answer that is late, and an answer that the check refuses are never taken for an answer.
 *
 * An answer that is no promise is taken at once, without a timer.
 *
 * @param observe - is told how the call went; where nothing was waited for, that it took no time
 * @param startedAt - the stopwatch's time, where the caller has read it
 */
export async function callStore<T>(
  name: string,
  timeoutMs: number,
  call: () => T | PromiseLike<T>,
  check: AnswerCheck,
  observe: CallObserver = ignore,
  startedAt?: number,
): Promise<T> {
  let started = startedAt;
  try {
    let answer = call();
    if (isThenable(answer)) {
      started ??= stopwatch(); // Reading it sooner would take a twentieth of the time of a call of a store in memory.
      answer = (await withTimeout(name, timeoutMs, answer)) as T;
    }
    check(name, answer);
    observe(name, started === undefined ? 0 : stopwatch() - started, false);
    return answer;
  } catch (cause) {
    const now = stopwatch();
    const durationMs = now - (started ?? now);
    observe(name, durationMs, true);
    throw unavailable(name, durationMs, cause);
  }
}

/** Waits for an answer. A late one is an outage; what the answer throws is thrown as it is. */
export function waitFor<T>(name: string, timeoutMs: number, answer: T | PromiseLike<T>): T | Promise<T> {
  const late = (cause: Error): AuthError => unavailable(name, timeoutMs, cause);
  return isThenable(answer) ? withTimeout(name, timeoutMs, answer as PromiseLike<T>, { late }) : answer;
}

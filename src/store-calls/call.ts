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
  return askStore(name, timeoutMs, call, check, observe, startedAt);
}

/** Calls a store as {@link callStore} does. The answer is a promise only where the store's is one. */
export function askStore<T>(
  name: string,
  timeoutMs: number,
  call: () => T | PromiseLike<T>,
  check: AnswerCheck,
  observe: CallObserver,
  startedAt?: number,
): T | Promise<T> {
  try {
    const answer = call();
    if (isThenable(answer)) {
      // Reading the stopwatch sooner would take a twentieth of the time of a call of a store in memory.
      return waitForStore(name, timeoutMs, answer as PromiseLike<T>, check, observe, startedAt ?? stopwatch());
    }
    check(name, answer);
    observe(name, startedAt === undefined ? 0 : stopwatch() - startedAt, false);
    return answer as T;
  } catch (cause) {
    throw failed(name, cause, observe, startedAt);
  }
}

async function waitForStore<T>(
  name: string,
  timeoutMs: number,
  pending: PromiseLike<T>,
  check: AnswerCheck,
  observe: CallObserver,
  startedAt: number,
): Promise<T> {
  try {
    const answer = await withTimeout(name, timeoutMs, pending);
    check(name, answer);
    observe(name, stopwatch() - startedAt, false);
    return answer;
  } catch (cause) {
    throw failed(name, cause, observe, startedAt);
  }
}

/** Tells the observer of a call that failed, and makes its error. */
function failed(name: string, cause: unknown, observe: CallObserver, startedAt: number | undefined): AuthError {
  const now = stopwatch();
  const durationMs = now - (startedAt ?? now);
  observe(name, durationMs, true);
  return unavailable(name, durationMs, cause);
}

/** Waits for an answer. A late one is an outage; what the answer throws is thrown as it is. */
export function waitFor<T>(name: string, timeoutMs: number, answer: T | PromiseLike<T>): T | Promise<T> {
  const late = (cause: Error): AuthError => unavailable(name, timeoutMs, cause);
  return isThenable(answer) ? withTimeout(name, timeoutMs, answer as PromiseLike<T>, { late }) : answer;
}

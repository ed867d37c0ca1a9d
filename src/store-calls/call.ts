import { AuthError, isAuthError } from "../core/errors.ts";
import { readStopwatch } from "../shared/clock.ts";
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
 * The symbol under which an error holds its failed call. It is registered, since other entries of the package have
 * copies of this file.
 */
const FAILED_CALL = Symbol.for("hallpass.failedCall");

/** Finds the call that led to an error, if there was one. */
export function findFailedCall(error: AuthError): FailedCall | undefined {
  return readMark(error, FAILED_CALL) as FailedCall | undefined;
}

/**
 * Creates the error for a call that failed.
 *
 * @param retryAfter - the seconds after which a retry makes sense, if they are known
 */
export function createOutage(call: string, durationMs: number, cause: unknown, retryAfter?: number): AuthError {
  const error = new AuthError("unavailable", { cause, ...(retryAfter !== undefined && { retryAfter }) });
  return Object.defineProperty(error, FAILED_CALL, { value: { call, durationMs } });
}

/** Turns what a part of the application threw into an outage, unless it is a refusal. */
export function toOutage(call: string, thrown: unknown): AuthError {
  return isAuthError(thrown) ? thrown : createOutage(call, 0, thrown);
}

/**
 * Calls a store of the application. A store that is down, slow or wrong is an outage (503). That holds for a call that
 * throws, an answer that is late, and an answer that the check refuses.
 *
 * An answer that is not a promise is returned at once, without a timer.
 *
 * @param observe - is called with the outcome and the duration, which is 0 for a synchronous answer without `startedAt`
 * @param startedAt - the stopwatch's time, if the caller has read it
 */
export async function callStore<T>(
  name: string,
  timeoutMs: number,
  call: () => T | PromiseLike<T>,
  check: AnswerCheck,
  observe: CallObserver = ignore,
  startedAt?: number,
): Promise<T> {
  return callStoreAtOnce(name, timeoutMs, call, check, observe, startedAt);
}

/** Calls a store as {@link callStore} does. It returns a promise only where the store does. */
export function callStoreAtOnce<T>(
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
      // Reading the stopwatch sooner would cost a twentieth of a call to a store in memory.
      return waitForStore(name, timeoutMs, answer as PromiseLike<T>, check, observe, startedAt ?? readStopwatch());
    }
    check(name, answer);
    observe(name, startedAt === undefined ? 0 : readStopwatch() - startedAt, false);
    return answer as T;
  } catch (cause) {
    throw reportFailure(name, cause, observe, startedAt);
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
    observe(name, readStopwatch() - startedAt, false);
    return answer;
  } catch (cause) {
    throw reportFailure(name, cause, observe, startedAt);
  }
}

/** Tells the observer that a call failed, and creates the error. */
function reportFailure(name: string, cause: unknown, observe: CallObserver, startedAt: number | undefined): AuthError {
  const now = readStopwatch();
  const durationMs = now - (startedAt ?? now);
  observe(name, durationMs, true);
  return createOutage(name, durationMs, cause);
}

/** Waits for an answer. A late answer is an outage; an error of the answer is thrown unchanged. */
export function waitFor<T>(name: string, timeoutMs: number, answer: T | PromiseLike<T>): T | Promise<T> {
  const createLateError = (cause: Error): AuthError => createOutage(name, timeoutMs, cause);
  return isThenable(answer) ? withTimeout(name, timeoutMs, answer as PromiseLike<T>, { createLateError }) : answer;
}

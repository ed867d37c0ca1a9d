import type { AuthError } from "../core/errors.ts";
import { readStopwatch } from "../shared/clock.ts";
import type { AnswerCheck } from "./answer-checks.ts";
import { callStore, createOutage, waitFor } from "./call.ts";
import type { CallObserver } from "./stats.ts";

/** How long stores may take, in milliseconds: for one call, and for all calls of one request. */
export interface TimeLimits {
  readonly storeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Is called with the outcome of each call. */
  readonly observe?: CallObserver;
}

/** The time budget of one request. All its calls share it. */
export interface Budget {
  /** Gives the milliseconds that are left, at least 0. */
  getTimeLeft(): number;
  /**
   * Calls a store as {@link callStore} does, within the time of one call and the time that is left.
   *
   * @param since - the stopwatch's time when the work began, if that was before this call: its duration counts from
   *   then
   */
  callStore<T>(name: string, call: () => T | PromiseLike<T>, check: AnswerCheck, since?: number): Promise<T>;
  /** Waits for an answer within the time that is left. An error of the answer is thrown unchanged. */
  wait<T>(name: string, answer: T | PromiseLike<T>): T | Promise<T>;
  /** Gives the request's first outage of a store, even if the request went on without the store. */
  getFirstOutage(): AuthError | undefined;
}

/** Settings with the time budget of one request. */
export type Budgeted<Settings> = Settings & { readonly budget: Budget };

/** Starts the time budget of a request. */
export function startBudget({ storeTimeoutMs, requestTimeoutMs, observe }: TimeLimits): Budget {
  const end = readStopwatch() + requestTimeoutMs;
  const computeTimeLeft = (time: number): number => Math.max(end - time, 0);
  const getTimeLeft = (): number => computeTimeLeft(readStopwatch());
  let first: AuthError | undefined;
  return {
    getTimeLeft,
    async callStore(name, call, check, since) {
      const startedAt = readStopwatch();
      const timeoutMs = Math.min(storeTimeoutMs, computeTimeLeft(startedAt));
      try {
        if (timeoutMs > 0) return await callStore(name, timeoutMs, call, check, observe, since ?? startedAt);
        throw createOutage(name, 0, new Error(`no time of the request was left to call ${name}`));
      } catch (error) {
        first ??= error as AuthError;
        throw error;
      }
    },
    wait: (name, answer) => waitFor(name, getTimeLeft(), answer),
    getFirstOutage: () => first,
  };
}

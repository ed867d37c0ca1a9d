import { assert } from "./assert.ts";
import { isObject, isRecord } from "./object.ts";
import { readSafely } from "./read.ts";

/**
 * Returns whether a value is a promise of any kind. Those of another realm, of zone.js or of bluebird are not
 * `instanceof Promise`.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

/** Handles the rejection of a promise that nobody waits for: without a handler, it would end the process. */
export function abandon(value: unknown): void {
  if (isThenable(value)) Promise.resolve(value).catch(() => {});
}

/**
 * Refuses a promise in the place of its value: the caller forgot to await it.
 *
 * @param name - what the value is, for the message
 */
export function refusePromise(name: string, value: unknown): void {
  try {
    if (!isThenable(value)) return;
  } catch {
    return; // Whoever reads the value next refuses it in words of its own.
  }
  handleRejection(value);
  throw new TypeError(`${name} is a promise: await it`);
}

/**
 * Refuses promises among the members of objects. All of them are handled before, so that none of them ends the
 * process when it rejects. No getter is called: it may ask the application, which the first who needs the value does.
 *
 * @param owner - what the objects are, for the message
 */
export function refusePromisesIn(owner: string, ...objects: readonly object[]): void {
  const entries = readSafely(owner, () =>
    objects.flatMap((it) => Object.entries(Object.getOwnPropertyDescriptors(it))),
  );
  const faults = entries.flatMap(([name, { value }]) => catchFault(() => refusePromise(`${owner}: ${name}`, value)));
  if (faults.length > 0) throw faults[0];
}

function catchFault(check: () => void): unknown[] {
  try {
    check();
    return [];
  } catch (fault) {
    return [fault];
  }
}

/**
 * Keeps a promise that nobody waits for any more from ending the process. Only native ones get a handler: a query of
 * some libraries runs when its `then` is called.
 */
function handleRejection(promise: PromiseLike<unknown>): void {
  try {
    Promise.prototype.then.call(promise, undefined, () => {});
  } catch {
    // It is not a native promise.
  }
}

/**
 * Refuses a promise, a Map, a Set and the like in a value that was written as JSON, which made an empty object of it.
 *
 * @param name - what the value is, for the message
 * @param json - its JSON: where that has no empty object, the value is not read again
 */
export function refuseWhatJsonLoses(name: string, value: unknown, json: string): void {
  if (!json.includes("{}")) return;
  const promises: PromiseLike<unknown>[] = [];
  let isLost = false;
  try {
    JSON.stringify(value, (_member, it: unknown) => {
      if (isThenable(it)) promises.push(it);
      else if (isObject(it) && !isRecord(it) && !ArrayBuffer.isView(it)) isLost ||= JSON.stringify(it) === "{}";
      return it;
    });
  } catch {
    // What can be read once only has been written already.
  }
  promises.forEach(handleRejection);
  refusePromise(`a part of ${name}`, promises[0]);
  assert(!isLost, `a part of ${name} is lost in JSON: give the entries of a Map or a Set as a plain object or a list`);
}

/** Resolves after some milliseconds. With `unref`, the timer does not keep the process alive. */
export function sleep(ms: number, { unref = false }: { readonly unref?: boolean } = {}): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (unref) timer.unref();
  });
}

interface TimeoutOptions {
  /** Whether the timer lets the process end. */
  readonly unref?: boolean;
  /** Replaces the error of a timeout. */
  readonly createLateError?: (error: Error) => Error;
}

/**
 * Settles as a promise does, or rejects when that takes too long.
 *
 * @param name - the name of the work, for the error
 */
export async function withTimeout<T>(
  name: string,
  timeoutMs: number,
  promise: PromiseLike<T>,
  { unref = false, createLateError = keepError }: TimeoutOptions = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const end = (): void =>
      reject(createLateError(new Error(`${name} did not answer within ${Math.ceil(timeoutMs)} ms`)));
    timer = setTimeout(end, timeoutMs);
    if (unref) timer.unref();
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function keepError(error: Error): Error {
  return error;
}

/**
 * Whether a value is a promise of any kind: one of another realm, of zone.js or of bluebird is no `instanceof Promise`.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

/** Waits. A process that has nothing else to do may end meanwhile where `unref` says so. */
export function sleep(ms: number, { unref = false }: { readonly unref?: boolean } = {}): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (unref) timer.unref();
  });
}

/**
 * What a promise comes to, or an error that names it when it takes longer than it may, which `late` may turn into
 * another one. A process that has nothing else to do may end meanwhile where `unref` says so.
 */
export async function withTimeout<T>(
  name: string,
  timeoutMs: number,
  promise: PromiseLike<T>,
  { unref = false, late = asItIs }: { readonly unref?: boolean; readonly late?: (error: Error) => Error } = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const end = (): void => reject(late(new Error(`${name} did not answer within ${Math.ceil(timeoutMs)} ms`)));
    timer = setTimeout(end, timeoutMs);
    if (unref) timer.unref();
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function asItIs(error: Error): Error {
  return error;
}

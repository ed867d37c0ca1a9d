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

/** What a promise comes to, or an error that names it when it takes longer than it may. */
export async function withTimeout<T>(name: string, timeoutMs: number, promise: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not answer within ${Math.ceil(timeoutMs)} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

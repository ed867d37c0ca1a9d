/** Puts another Promise in the place of the runtime's, and prints what each framework then answers. */

/** A Promise with nothing of the native one to be seen, such as bluebird's: a native promise is no instance of it. */
const Native = Promise;
class Foreign<T> {
  readonly #inner: PromiseLike<T>;
  constructor(executor: ConstructorParameters<typeof Promise<T>>[0]) {
    this.#inner = new Native(executor);
  }
  // biome-ignore lint/suspicious/noExplicitAny: whatever a promise's then takes
  then(...settled: any[]): Foreign<unknown> {
    return new Foreign((resolve, reject) => this.#inner.then(...settled).then(resolve, reject));
  }
  catch(settled: unknown): Foreign<unknown> {
    return this.then(undefined, settled);
  }
  finally(settled: () => void): Foreign<unknown> {
    return new Foreign((resolve, reject) => Native.resolve(this.#inner).finally(settled).then(resolve, reject));
  }
}
for (const name of ["all", "allSettled", "any", "race", "reject", "resolve"] as const) {
  const call = Native[name] as (value: unknown) => Promise<unknown>;
  const value = (given: unknown) => new Foreign((resolve, reject) => call.call(Native, given).then(resolve, reject));
  Object.defineProperty(Foreign, name, { value });
}

const PROMISES: Readonly<Record<string, () => unknown>> = {
  native: () => undefined,
  // @ts-expect-error: zone.js has no types for its side effects
  "zone.js": () => import("zone.js/node"),
  foreign: () => Object.assign(globalThis, { Promise: Foreign }),
};
const [name = ""] = process.argv.slice(2);
await PROMISES[name]?.();
if ((Promise === Native) !== (name === "native")) throw new Error("the runtime's Promise is not the one to try");

const { answersOf } = await import("./answers.ts");
process.stdout.write(JSON.stringify(await answersOf()), () => process.exit());

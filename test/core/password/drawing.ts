// Run by processes.test.ts in a process of its own: tells what randomness is drawn while hallpass loads, and what after it.
import crypto, { type webcrypto } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

const drawn: string[] = [];
const tell = <Holder extends object>(holder: Holder, ...names: readonly (keyof Holder & string)[]): void => {
  for (const name of names) {
    const call = holder[name] as (...args: unknown[]) => unknown;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      drawn.push(name);
      return call.apply(this, args);
    };
    Object.defineProperty(holder, name, { value });
  }
};
tell(crypto, "randomBytes", "randomUUID", "randomInt", "randomFillSync", "generateKeyPairSync");
tell(Object.getPrototypeOf(crypto.webcrypto) as webcrypto.Crypto, "getRandomValues", "randomUUID");
syncBuiltinESMExports();

const { comparePassword } = await import("../../../src/index.ts");
const loading = drawn.splice(0);
await comparePassword("x", null);
console.log(JSON.stringify({ loading, comparing: drawn }));

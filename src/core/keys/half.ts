import crypto, { type KeyObject, type SignKeyObjectInput } from "node:crypto";
import type { PairScheme } from "./pair-algorithms.ts";

/** What node:crypto does with half a key pair. Only a private half signs. */
export interface Half {
  sign(input: Buffer): Buffer;
  verify(input: Buffer, signature: Buffer): boolean;
  /** `sign` in libuv's thread pool, if the runtime has one. */
  signInPool(input: Buffer): Promise<Buffer>;
  /** `verify` in libuv's thread pool, if the runtime has one. */
  verifyInPool(input: Buffer, signature: Buffer): Promise<boolean>;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** Prepares a key for signing and verifying on this runtime. */
export function prepareHalf(key: KeyObject, scheme: PairScheme): Half {
  return takesKeyObjects(key, scheme) ? prepareByOneShots(key, scheme) : prepareByObjects(key, scheme);
}

/**
 * Tells whether the one-shot functions take a key object together with options. Those of workerd don't, and ignore
 * RSA's padding.
 */
function takesKeyObjects(key: KeyObject, { hash, options }: PairScheme): boolean {
  if (options === undefined) return true;
  try {
    crypto.verify(hash, EMPTY, { key, ...options }, EMPTY);
    return true;
  } catch {
    return false;
  }
}

function prepareByOneShots(half: KeyObject, { hash, options }: PairScheme): Half {
  const key = options === undefined ? half : { key: half, ...options };
  return {
    sign: (input) => crypto.sign(hash, input, key),
    verify: (input, signature) => crypto.verify(hash, input, key, signature),
    signInPool: (input) => runInPool((callback) => crypto.sign(hash, input, key, callback)),
    verifyInPool: (input, signature) => runInPool((callback) => crypto.verify(hash, input, key, signature, callback)),
  };
}

function prepareByObjects(half: KeyObject, { hash, options }: PairScheme): Half {
  const type = half.type === "private" ? "pkcs8" : "spki";
  const der = half.export({ format: "der", type: type as "spki" });
  const key = { key: der, format: "der", type, ...options } as unknown as SignKeyObjectInput;
  const operations: Pick<Half, "sign" | "verify"> = {
    sign: (input) =>
      crypto
        .createSign(hash as string)
        .update(input)
        .sign(key),
    verify: (input, signature) =>
      crypto
        .createVerify(hash as string)
        .update(input)
        .verify(key, signature),
  };
  return {
    ...operations,
    signInPool: async (input) => operations.sign(input),
    verifyInPool: async (...args) => operations.verify(...args),
  };
}

/**
 * Runs a function of node:crypto with a callback. Importing `promisify` for this would take 3% of the time of the whole
 * import.
 */
function runInPool<Result>(start: (callback: (error: Error | null, result: Result) => void) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

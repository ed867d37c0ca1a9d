import crypto, { type KeyObject, type SignKeyObjectInput } from "node:crypto";
import type { PairScheme } from "./pair-algorithms.ts";

/** What node:crypto does with half a key pair. Only a private half signs. */
export interface Half {
  sign(input: Buffer): Buffer;
  verify(input: Buffer, signature: Buffer): boolean;
  /** The same two in libuv's thread pool, where the runtime has one. */
  signInPool(input: Buffer): Promise<Buffer>;
  verifyInPool(input: Buffer, signature: Buffer): Promise<boolean>;
}

const NOTHING = Buffer.alloc(0);

/** How this runtime signs and verifies with a key. */
export function halfOf(key: KeyObject, scheme: PairScheme): Half {
  return takesKeyObjects(key, scheme) ? byOneShots(key, scheme) : byObjects(key, scheme);
}

/** Whether the one-shot functions take a key object beside options. workerd's don't, and they pass over RSA's padding. */
function takesKeyObjects(key: KeyObject, { hash, options }: PairScheme): boolean {
  if (options === undefined) return true;
  try {
    crypto.verify(hash, NOTHING, { key, ...options }, NOTHING);
    return true;
  } catch {
    return false;
  }
}

function byOneShots(half: KeyObject, { hash, options }: PairScheme): Half {
  const key = options === undefined ? half : { key: half, ...options };
  return {
    sign: (input) => crypto.sign(hash, input, key),
    verify: (input, signature) => crypto.verify(hash, input, key, signature),
    signInPool: (input) => inPool((done) => crypto.sign(hash, input, key, done)),
    verifyInPool: (input, signature) => inPool((done) => crypto.verify(hash, input, key, signature, done)),
  };
}

function byObjects(half: KeyObject, { hash, options }: PairScheme): Half {
  const type = half.type === "private" ? "pkcs8" : "spki";
  const der = half.export({ format: "der", type: type as "spki" });
  const key = { key: der, format: "der", type, ...options } as unknown as SignKeyObjectInput;
  const own: Pick<Half, "sign" | "verify"> = {
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
  return { ...own, signInPool: async (input) => own.sign(input), verifyInPool: async (...both) => own.verify(...both) };
}

/** What node:crypto does when it is given a callback. By hand, as to import node:util takes 3% of the whole import. */
function inPool<Result>(start: (done: (error: Error | null, result: Result) => void) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

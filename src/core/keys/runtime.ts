import crypto from "node:crypto";
import type { Algorithm } from "./algorithms.ts";

/** Refuses an algorithm that this runtime lacks. */
export function checkRuntime(algorithm: Algorithm): void {
  if (!algorithm.startsWith("ML-DSA")) return;
  try {
    crypto.generateKeyPairSync(algorithm.toLowerCase() as "ed25519");
  } catch (cause) {
    throw new TypeError(`${algorithm} needs a runtime that has it: Node 24.8 or later, with OpenSSL 3.5`, { cause });
  }
}

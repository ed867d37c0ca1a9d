import { type KeyObject, type SignKeyObjectInput, verify } from "node:crypto";
import type { PairScheme } from "./algorithms.ts";

const NOTHING = Buffer.alloc(0);

/**
 * A key and what node:crypto is told beside it, in a form that sign and verify take here. That is the key object, and
 * its DER on workerd, which takes none beside options. Node would read DER anew for each token.
 */
export function prepare(key: KeyObject, { hash, options }: PairScheme): SignKeyObjectInput {
  const prepared = { key, ...options };
  try {
    verify(hash, NOTHING, prepared, NOTHING);
    return prepared;
  } catch {
    const type = key.type === "private" ? "pkcs8" : "spki";
    const der = key.export({ format: "der", type: type as "spki" });
    return { key: der, format: "der", type, ...options } as unknown as SignKeyObjectInput;
  }
}

import { constants, createHmac, type KeyObject, sign, verify } from "node:crypto";
import type { BenchAlgorithm, Keys } from "./keys.ts";

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

/** What node:crypto is told for each algorithm that has a key pair. */
const SCHEMES: Record<Exclude<BenchAlgorithm, "HS256">, readonly [hash: string | null, options: object]> = {
  RS256: ["sha256", {}],
  PS256: ["sha256", PSS],
  ES256: ["sha256", { dsaEncoding: "ieee-p1363" }],
  EdDSA: [null, {}],
};

/** The operation that no verifier by node:crypto can do without, on bytes that are prepared. */
export function bareVerify({ algorithm, verify: key }: Keys): (input: Buffer, signature: Buffer) => boolean {
  if (algorithm === "HS256") {
    return (input, signature) => createHmac("sha256", key).update(input).digest().equals(signature);
  }
  const [hash, options] = SCHEMES[algorithm];
  const prepared = { key, ...options } as { key: KeyObject };
  return (input, signature) => verify(hash, input, prepared, signature);
}

/** The operation that no issuer by node:crypto can do without, on bytes that are prepared. */
export function bareSign({ algorithm, sign: key }: Keys): (input: Buffer) => Buffer {
  if (algorithm === "HS256") return (input) => createHmac("sha256", key).update(input).digest();
  const [hash, options] = SCHEMES[algorithm];
  const prepared = { key, ...options } as { key: KeyObject };
  return (input) => sign(hash, input, prepared);
}

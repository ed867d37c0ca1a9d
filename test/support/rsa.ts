import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./cache.ts";

/** The halves of a key pair, as Node has them. */
export interface RsaPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** An RSA key pair, and another one for another number. To make one takes up to half a second: all runs share it. */
export function rsaPair(nth = 0, bits = 2_048): RsaPair {
  const file = join(CACHE, `rsa-${bits}-${nth}.pem`);
  if (!existsSync(file)) keepPair(file, bits);
  const privateKey = createPrivateKey(readFileSync(file));
  return { publicKey: createPublicKey(privateKey), privateKey };
}

function keepPair(file: string, bits: number): void {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  mkdirSync(CACHE, { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, privateKey.export({ type: "pkcs8", format: "pem" }));
  try {
    linkSync(own, file); // of several processes that come here at once, the first one's key is everybody's
  } catch {
    // It is there.
  }
  rmSync(own);
}

import { randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Engine } from "./engine.ts";
import { type Cost, readHash, type StoredHash, writeHash } from "./phc.ts";

interface Parameters {
  readonly message: string;
  readonly nonce: Uint8Array;
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  /** Bytes. */
  readonly tagLength: number;
  readonly secret?: Uint8Array;
}

/** `crypto.argon2` of Node 24.7 and later. It computes in the thread pool. */
export type RuntimeArgon2 = (
  variant: StoredHash["variant"],
  parameters: Parameters,
  callback: (error: Error | null, tag: Uint8Array) => void,
) => void;

/**
 * Computes Argon2 with the runtime's own code. It makes the same hashes as the addon, and takes some three times as
 * long.
 */
export function createRuntimeEngine(argon2: RuntimeArgon2): Engine {
  const compute = promisify(argon2);

  return {
    name: "crypto.argon2",
    versions: [19],
    async hash(password, cost, pepper) {
      const salt = randomBytes(16);
      const tag = await compute("argon2id", toParameters(password, cost, salt, 32, pepper));
      return writeHash(cost, salt, tag);
    },
    async verify(hash, password, pepper) {
      const stored = readHash(hash) as StoredHash; // It was read before.
      const { variant, version, salt, tag } = stored;
      const computed = await compute(variant, toParameters(password, stored, salt, tag.length, pepper));
      // The runtime computes only version 19. It computes for another too, so that the time doesn't tell the two apart.
      return version === 19 && timingSafeEqual(computed, tag);
    },
  };
}

function toParameters(
  message: string,
  { memoryCost: memory, timeCost: passes, parallelism }: Cost,
  nonce: Uint8Array,
  tagLength: number,
  pepper: Uint8Array | undefined,
): Parameters {
  return { message, nonce, memory, passes, parallelism, tagLength, ...(pepper && { secret: pepper }) };
}

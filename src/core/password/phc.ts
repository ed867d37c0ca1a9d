import { randomBytes } from "node:crypto";

/** What a hash costs to compute. */
export interface Cost {
  /** KiB of memory. */
  readonly memoryCost: number;
  /** Passes over it. */
  readonly timeCost: number;
  /** Lanes. */
  readonly parallelism: number;
}

/** What a stored Argon2 hash says of itself. */
export interface StoredHash extends Cost {
  readonly variant: "argon2id" | "argon2i" | "argon2d";
  readonly version: number;
}

const LONGEST = 512;
const NUMBER = "([1-9]\\d{0,9})";
const PHC = new RegExp(
  `^\\$(argon2(?:id|i|d))\\$v=(16|19)\\$m=${NUMBER},t=${NUMBER},p=${NUMBER}\\$[A-Za-z0-9+/]{11,}\\$[A-Za-z0-9+/]{22,}$`,
);

/** Reads a PHC string of Argon2 with 8 bytes of salt and 16 of hash at the least; `null` for anything else. */
export function readHash(hash: unknown): StoredHash | null {
  if (typeof hash !== "string" || hash.length > LONGEST) return null;
  const [, variant, version, m, t, p] = PHC.exec(hash) ?? [];
  if (variant === undefined) return null;
  return {
    variant: variant as StoredHash["variant"],
    version: Number(version),
    memoryCost: Number(m),
    timeCost: Number(t),
    parallelism: Number(p),
  };
}

/** A hash of a cost that no password has: nobody hashed anything to make it. */
export function unmatchedHash({ memoryCost, timeCost, parallelism }: Cost): string {
  const [salt, tag] = [16, 32].map((bytes) => randomBytes(bytes).toString("base64").replaceAll("=", ""));
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${tag}`;
}

/** The names of the three costs, and the range Argon2 has for each (RFC 9106 §3.1). */
export const COST_RANGES: Readonly<Record<keyof Cost, readonly [least: number, most: number]>> = {
  memoryCost: [8, 4_194_304],
  timeCost: [1, 4_294_967_295],
  parallelism: [1, 255],
};

/** Whether one cost reaches beyond another in any of its numbers. */
export function exceeds(cost: Cost, other: Cost): boolean {
  return (Object.keys(COST_RANGES) as (keyof Cost)[]).some((name) => cost[name] > other[name]);
}

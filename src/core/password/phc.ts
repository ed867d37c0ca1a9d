import { randomBytes } from "node:crypto";
import { MAX_HASH_LENGTH } from "../../shared/limits.ts";

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
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

const NUMBER = "([1-9]\\d{0,9})";
const BASE64 = "([A-Za-z0-9+/]+)";
const PHC = new RegExp(
  `^\\$(argon2(?:id|i|d))\\$v=(16|19)\\$m=${NUMBER},t=${NUMBER},p=${NUMBER}\\$${BASE64}\\$${BASE64}$`,
);

/**
 * Reads a PHC string of Argon2 with 8 bytes of salt and 16 of hash at the least; `null` for anything else, and for what
 * Argon2 itself refuses: base64 that no bytes have, and less memory than its lanes need.
 */
export function readHash(hash: unknown): StoredHash | null {
  if (typeof hash !== "string" || hash.length > MAX_HASH_LENGTH) return null;
  const [, variant, version, m, t, p, salt = "", tag = ""] = PHC.exec(hash) ?? [];
  const stored = {
    variant: variant as StoredHash["variant"],
    version: Number(version),
    memoryCost: Number(m),
    timeCost: Number(t),
    parallelism: Number(p),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
  const isCanonical = base64(stored.salt) === salt && base64(stored.tag) === tag;
  const isLongEnough = stored.salt.length >= 8 && stored.tag.length >= 16;
  return isCanonical && isLongEnough && fillsLanes(stored) ? stored : null;
}

/** Writes a PHC string of Argon2id (RFC 9106's version 19). */
export function writeHash({ memoryCost, timeCost, parallelism }: Cost, salt: Uint8Array, tag: Uint8Array): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${base64(salt)}$${base64(tag)}`;
}

/** A hash of a cost that no password has: nobody hashed anything to make it. */
export function unmatchedHash(cost: Cost): string {
  return writeHash(cost, randomBytes(16), randomBytes(32));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
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

/** Whether there is as much memory as the lanes need, 8 KiB each (RFC 9106 §3.1). */
export function fillsLanes({ memoryCost, parallelism }: Cost): boolean {
  return memoryCost >= 8 * parallelism;
}

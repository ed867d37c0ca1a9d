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

/** The parts of a stored Argon2 hash. */
export interface StoredHash extends Cost {
  readonly variant: "argon2id" | "argon2i" | "argon2d";
  readonly version: number;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

/** The range of each cost in Argon2 (RFC 9106 §3.1). */
export const COST_RANGES: Readonly<Record<keyof Cost, readonly [least: number, most: number]>> = {
  memoryCost: [8, 4_194_304],
  timeCost: [1, 4_294_967_295],
  parallelism: [1, 255],
};

const COSTS = Object.keys(COST_RANGES) as (keyof Cost)[];

const NUMBER = "([1-9]\\d{0,9})";
const BASE64 = "([A-Za-z0-9+/]+)";
const PHC = new RegExp(
  `^\\$(argon2(?:id|i|d))\\$v=(16|19)\\$m=${NUMBER},t=${NUMBER},p=${NUMBER}\\$${BASE64}\\$${BASE64}$`,
);

/**
 * Reads a PHC string of Argon2; `null` for anything else. The salt has at least 8 bytes, and the hash at least 16.
 * Argon2 itself refuses base64 that is not canonical, and less memory than the lanes need, so both are `null` too.
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
  const isCanonical = encodeBase64(stored.salt) === salt && encodeBase64(stored.tag) === tag;
  const isLongEnough = stored.salt.length >= 8 && stored.tag.length >= 16;
  return isCanonical && isLongEnough && fillsLanes(stored) ? stored : null;
}

/** Writes a PHC string of Argon2id (RFC 9106's version 19). */
export function writeHash({ memoryCost, timeCost, parallelism }: Cost, salt: Uint8Array, tag: Uint8Array): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${encodeBase64(salt)}$${encodeBase64(tag)}`;
}

/**
 * Creates a hash that no password matches, since its bytes are random. Comparing with it takes as long as with any
 * other hash.
 */
export function makeUnmatchedHash(cost: Cost): string {
  return writeHash(cost, randomBytes(16), randomBytes(32));
}

function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}

/** Whether one cost is higher than another in any of its numbers. */
export function exceeds(cost: Cost, other: Cost): boolean {
  return COSTS.some((name) => cost[name] > other[name]);
}

/** Whether a cost equals another. A stored hash has more members than these. */
export function hasCost(cost: Cost, other: Cost): boolean {
  return COSTS.every((name) => cost[name] === other[name]);
}

/** Whether the memory is enough for the lanes, which need 8 KiB each (RFC 9106 §3.1). */
export function fillsLanes({ memoryCost, parallelism }: Cost): boolean {
  return memoryCost >= 8 * parallelism;
}

import crypto from "node:crypto";
import { hash as addonHash, verify } from "@node-rs/argon2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";
import { createRuntimeEngine, type RuntimeArgon2 } from "../../../src/core/password/runtime.ts";

const hasher = createPasswordHasher({
  memoryCost: 64,
  timeCost: 1,
  ceiling: { memoryCost: 4_096, timeCost: 16, parallelism: 255 },
});
const bytes = (count: number): string => Buffer.alloc(count, 1).toString("base64").replaceAll("=", "");

interface Parts {
  readonly variant?: string;
  readonly v?: number;
  readonly m?: number | string;
  readonly t?: number | string;
  readonly p?: number | string;
  readonly salt?: string;
  readonly tag?: string;
}

const phc = ({
  variant = "argon2id",
  v = 19,
  m = 64,
  t = 1,
  p = 1,
  salt = bytes(16),
  tag = bytes(32),
}: Parts): string => `$${variant}$v=${v}$m=${m},t=${t},p=${p}$${salt}$${tag}`;

/** What computes Argon2 here: the addon, and the runtime where it can. */
const { argon2 } = crypto as { argon2?: RuntimeArgon2 };
const runtime = argon2 && createRuntimeEngine(argon2);

/** Whether every Argon2 there is here computes something for a stored hash. */
const isTaken = async (hash: string): Promise<boolean> => {
  const [addon, own] = await Promise.allSettled([verify(hash, "x"), runtime?.verify(hash, "x", undefined)]);
  return addon.status === "fulfilled" && own.status === "fulfilled";
};

const TAKEN: readonly Parts[] = [
  {},
  { variant: "argon2i" },
  { variant: "argon2d" },
  { v: 16 },
  { m: 8 },
  { m: 16, p: 2 },
  { m: 2_040, p: 255 },
  ...[8, 9, 10, 48, 63, 64, 65, 66, 200].map((count) => ({ salt: bytes(count) })),
  ...[16, 17, 63, 64, 65, 200].map((count) => ({ tag: bytes(count) })),
];

const REFUSED: readonly Parts[] = [
  ...[0, 1, 5, 13, 17, 21].map((chars) => ({ salt: "A".repeat(chars) })),
  ...[25, 29, 41].map((chars) => ({ tag: "A".repeat(chars) })),
  { salt: `${"A".repeat(10)}B` },
  { salt: `${"A".repeat(21)}B` },
  { tag: `${"A".repeat(21)}B` },
  { tag: `${"A".repeat(42)}B` },
  { salt: `${bytes(16)}==` },
  { salt: "-".repeat(22) },
  { salt: ".".repeat(22) },
  { salt: bytes(7) },
  { m: 7 },
  { m: 1 },
  { m: 8, p: 2 },
  { m: 15, p: 2 },
  { m: 2_039, p: 255 },
  { m: "064" },
  { m: "9999999999" },
  { t: "9999999999" },
  { p: "9999999999" },
  { p: 16_777_215 },
  { v: 18 },
];

describe("a PHC string", () => {
  it.each(TAKEN)("that Argon2 takes is read: %j", async (parts) => {
    const stored = phc(parts);
    expect([await isTaken(stored), hasher.canRead(stored)]).toEqual([true, true]);
    expect(await hasher.compare("x", stored)).toBe(false);
  });

  it.each(REFUSED)("that Argon2 refuses is unreadable, and no outage: %j", async (parts) => {
    const stored = phc(parts);
    expect([await isTaken(stored), hasher.canRead(stored)]).toEqual([false, false]);
    expect(await hasher.compare("x", stored)).toBe(false);
  });

  it("with too little of a hash to be safe is unreadable", () => {
    expect([4, 15].map((count) => hasher.canRead(phc({ tag: bytes(count) })))).toEqual([false, false]);
  });

  it("of any salt and length that Argon2 writes is matched", async () => {
    for (const [salt, outputLen] of [
      [8, 16],
      [16, 32],
      [64, 65],
      [90, 200],
    ] as const) {
      const stored = await addonHash("x", { memoryCost: 64, timeCost: 1, salt: Buffer.alloc(salt, 3), outputLen });
      expect(await hasher.compare("x", stored)).toBe(true);
    }
  });

  it("is never read where Argon2 would refuse it", async () => {
    const segment = fc.string({ unit: fc.constantFrom(..."AB8/+w"), minLength: 9, maxLength: 50 });
    const cost = fc.integer({ min: 0, max: 40 });
    const parts = fc.record({
      m: cost,
      t: fc.integer({ min: 0, max: 3 }),
      p: fc.integer({ min: 0, max: 6 }),
      salt: segment,
      tag: segment,
    });
    await fc.assert(
      fc.asyncProperty(parts, async (some) => {
        const stored = phc(some);
        if (hasher.canRead(stored)) expect(await isTaken(stored)).toBe(true);
      }),
    );
  });
});

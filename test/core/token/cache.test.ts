import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { VerifiedTokens } from "../../../src/core/token/cache.ts";
import type { CheckedClaims } from "../../../src/core/token/claims.ts";
import { SECOND } from "../../support/tokens.ts";

const claimsOf = (sub: string): CheckedClaims => ({ sub, iat: SECOND, exp: SECOND + 900 });
/** Tokens of one length, whose ends differ as signatures do. */
const tokenOf = (id: number, length = 400): string =>
  "x".repeat(length - 43) + createHash("sha256").update(String(id)).digest("base64url");

function known(cache: VerifiedTokens, ids: readonly number[]): number {
  return ids.filter((id) => cache.get(tokenOf(id)) !== undefined).length;
}

function addTwice(cache: VerifiedTokens, id: number, length?: number): void {
  for (let time = 0; time < 2; time += 1) cache.add(tokenOf(id, length), claimsOf(`user-${id}`));
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

it("keeps a token when it comes for the second time", () => {
  const cache = new VerifiedTokens(10);
  const claims = claimsOf("user-1");
  cache.add(tokenOf(1), claims);
  expect(cache.get(tokenOf(1))).toBeUndefined();
  cache.add(tokenOf(1), claims);
  expect(cache.get(tokenOf(1))).toBe(claims);
});

it("compares the whole token, whatever the ends have in common", () => {
  const cache = new VerifiedTokens(10);
  const token = tokenOf(1);
  addTwice(cache, 1);
  expect(cache.get(`y${token.slice(1)}`)).toBeUndefined();
  expect(cache.get(`x${token}`)).toBeUndefined();
  expect(cache.get(token.slice(1))).toBeUndefined();
  expect(cache.get(`${"x".repeat(200)}\u0178${token.slice(201)}`)).toBeUndefined(); // the low byte is that of an x
  expect(cache.get(token.slice(-12))).toBeUndefined();
  expect(cache.get("")).toBeUndefined();
});

it("never holds more than it may", () => {
  const cache = new VerifiedTokens(100);
  for (const id of range(0, 1_000)) addTwice(cache, id);
  expect(known(cache, range(0, 1_000))).toBeLessThanOrEqual(100);
});

it("holds fewer where they are longer than a kilobyte", () => {
  const cache = new VerifiedTokens(100);
  for (const id of range(0, 100)) addTwice(cache, id, 8_192);
  expect(range(0, 100).filter((id) => cache.get(tokenOf(id, 8_192)) !== undefined).length).toBeLessThanOrEqual(12);
  expect(cache.get(tokenOf(99, 8_192))).toBeDefined();
});

describe("what is in use", () => {
  it("stays, however many others come", () => {
    const cache = new VerifiedTokens(100);
    addTwice(cache, 0);
    for (const id of range(1, 1_000)) {
      addTwice(cache, id);
      expect(cache.get(tokenOf(0))).toMatchObject({ sub: "user-0" });
    }
  });

  it("is not driven out by what comes once", () => {
    const cache = new VerifiedTokens(100);
    for (const id of range(0, 50)) addTwice(cache, id);
    for (const id of range(1_000, 5_000)) cache.add(tokenOf(id), claimsOf("once"));
    expect(known(cache, range(0, 50))).toBe(50);
  });

  it("is admitted also where it comes by turns with many others", () => {
    const cache = new VerifiedTokens(2_000);
    for (let time = 0; time < 2; time += 1) for (const id of range(0, 1_000)) cache.add(tokenOf(id), claimsOf("x"));
    expect(known(cache, range(0, 1_000))).toBeGreaterThan(900);
  });
});

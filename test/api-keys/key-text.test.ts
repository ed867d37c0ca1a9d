import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { computeCrc32 } from "../../src/api-keys/crc32.ts";
import { makeKeyText, takeKey } from "../../src/api-keys/key-text.ts";
import { codeOf } from "../support/flow.ts";

/** Its checksum was computed by Python: `zlib.crc32` of all before it, in base62. */
const KEY = "acme_live_0123456789ABCDEFGHIJKLMNOPQRST4MTgoG";

/** How a refusal is explained to the developer; `null` where the key was taken. */
function reasonOf(sent: unknown): string | null {
  try {
    takeKey(sent, "acme_live");
    return null;
  } catch (error) {
    return ((error as Error).cause as Error).message;
  }
}

describe("CRC-32", () => {
  it("has the check value of the catalogue", () => {
    expect(computeCrc32("123456789")).toBe(0xcbf43926);
    expect(computeCrc32("")).toBe(0);
  });

  it.skipIf(!("crc32" in zlib))("is zlib's", () => {
    const { crc32 } = zlib as unknown as { crc32(text: string): number };
    for (let round = 0; round < 200; round += 1) {
      const key = makeKeyText("acme_live");
      expect(computeCrc32(key)).toBe(crc32(key));
    }
  });
});

describe("a key", () => {
  it("is the prefix, thirty random characters and six of a checksum", () => {
    const key = makeKeyText("acme_live");
    expect(key).toMatch(/^acme_live_[0-9A-Za-z]{36}$/);
    expect(takeKey(key, "acme_live")).toBe(key);
    expect(makeKeyText("acme_live")).not.toBe(key);
  });

  it("has a checksum that others can compute", () => {
    expect(takeKey(KEY, "acme_live")).toBe(KEY);
  });

  it("has every character of base62 as often as any other", () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 4_000; round += 1) {
      for (const character of makeKeyText("k").slice(2, 32)) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    const expected = (4_000 * 30) / 62;
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(140); // With 61 degrees of freedom, more comes once in some ten million runs.
  });

  it.each<readonly [unknown, RegExp]>([
    [undefined, /no string of a key's length/],
    [[KEY], /no string of a key's length/],
    ["", /no string of a key's length/],
    [`${KEY} `, /no string of a key's length/],
    [KEY.slice(0, -1), /no string of a key's length/],
    [KEY.replace("live", "test"), /does not begin with the prefix/],
    [KEY.replace("live_", "live-"), /does not begin with the prefix/],
    [KEY.replace("J", "-"), /other characters than letters and digits/],
    [KEY.replace("J", "\u00e4"), /other characters than letters and digits/],
    [KEY.replace("JK", "KJ"), /checksum does not fit/],
    [KEY.replace("J", "j"), /checksum does not fit/],
    [`${KEY.slice(0, -1)}?`, /other characters/],
    [`${KEY.slice(0, -1)}0`, /checksum does not fit/],
  ])("is not %j", async (sent, why) => {
    expect(reasonOf(sent)).toMatch(why);
    expect(await codeOf((async () => takeKey(sent, "acme_live"))())).toBe("invalid_token");
    expect(reasonOf(sent)).not.toContain("0123456789");
  });
});

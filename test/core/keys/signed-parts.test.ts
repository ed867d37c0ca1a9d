import { describe, expect, it } from "vitest";
import { signedParts } from "../../../src/core/keys/signed-parts.ts";

const SIGNATURE = "c2lnbmVk"; // "signed"

describe.each([10, 8_192 - 9, 8_192 - 8, 100_000])("of a token that is signed up to %i", (end) => {
  const input = "x".repeat(end);

  it("has both, whatever came before", () => {
    signedParts(`${"y".repeat(end)}.${"A".repeat(40)}`, end);
    const parts = signedParts(`${input}.${SIGNATURE}`, end);
    expect(parts?.input.toString()).toBe(input);
    expect(parts?.signature.toString()).toBe("signed");
    expect(signedParts(`${input}.`, end)?.signature.length).toBe(0);
  });

  it.each([
    "c2lnbmV+",
    "c2lnbmV/",
    "c2lnbm=k",
    "c2lnbmVkA",
    "c2lnbmVkc3",
    "c2ln.mVk",
    "c2lnbmV\u016b",
    "c2lnbmV\u00e9",
  ])("has none with the signature %s", (signature) => {
    expect(signedParts(`${input}.${signature}`, end)).toBeNull();
  });

  it.each(["\u00e9", "\u0141", "\u20ac", "\ud800"])("has none where that is not ASCII: %j", (letter) => {
    expect(signedParts(`${letter.repeat(end)}.${SIGNATURE}`, end)).toBeNull();
    expect(signedParts(`${input.slice(1)}${letter}.${SIGNATURE}`, end)).toBeNull();
  });
});

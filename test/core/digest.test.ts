import { expect, it } from "vitest";
import { computeDigest } from "../../src/core/digest.ts";

/** FIPS 180-2, appendix B.1. */
const OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

it.each(["", "abc", "a\0b", "é漢😀", "\ud800", "x\udc00\ud800y", "acme_live_".repeat(100_000)])(
  "a digest is the same on a runtime without one-shot hashes",
  (text) => {
    expect(computeDigest(text, null)).toBe(computeDigest(text));
  },
);

it.each([undefined, null])("a digest is a SHA-256", (oneShot) => {
  expect(Buffer.from(computeDigest("abc", oneShot), "base64url").toString("hex")).toBe(OF_ABC);
});

it("a one-shot hash is taken where there is one", () => {
  expect(computeDigest("text", (...given) => given.join(" "))).toBe("sha256 text base64url");
});

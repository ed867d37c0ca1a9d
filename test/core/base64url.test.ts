import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyAscii, decodeBase64url, decodeBase64urlText, encodeBase64url, isAscii } from "../../src/core/base64url.ts";
import { runs } from "../support/thorough.ts";

/** RFC 4648 §5 and §3.5 as a grammar: whole groups, then what is left over with no bits that decoding would drop. */
const CANONICAL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/;
const NOT_UTF8 = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x61, 0xe2, 0x82]];

it("takes what the grammar takes, and nothing else", () => {
  const character = fc.constantFrom(..."AQgwEIMUYcz019_-+/= \n\t.\0\x7f~");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
      expect(decodeBase64url(text) !== null).toBe(CANONICAL.test(text));
      if (!CANONICAL.test(text)) expect(decodeBase64urlText(text)).toBeNull();
    }),
    { numRuns: runs(2_000, 20_000) },
  );
});

it("tries every character in every place of a text that is left over, and of one that is not", () => {
  for (const text of ["", "QQ", "QUI", "QUJD", "QUJDRA", "QUJDREU", "QUJDREVG"]) {
    for (let code = 0; code < 128; code += 1) {
      for (let at = 0; at <= text.length; at += 1) {
        for (const twin of [text.slice(0, at), text.slice(0, at + 1)]) {
          const changed = twin + String.fromCharCode(code) + text.slice(at + 1);
          expect([changed, decodeBase64url(changed) !== null]).toEqual([changed, CANONICAL.test(changed)]);
        }
      }
    }
  }
});

it("tells what is not ASCII, however little of it there is", () => {
  for (const text of ["", "a".repeat(10_000), "\0\x7f"]) expect(isAscii(text)).toBe(true);
  for (const character of ["\x80", "é", "\u0141", "\u2126", "\ud800", "\udc00", "\u{1f600}"]) {
    for (const text of [character, `${"a".repeat(9_999)}${character}`, `${character}aaa`])
      expect(isAscii(text)).toBe(false);
  }
});

describe.each([0, 1, 100, 2_730, 2_731, 8_192, 8_193, 100_000])("a text of %i characters", (length) => {
  it.each(["a", "é", "\u20ac", "\ufffd"])("of %j comes back", (unit) => {
    const text = unit.repeat(length);
    const spelt = encodeBase64url(text);
    expect(spelt).toBe(Buffer.from(text).toString("base64url"));
    expect(decodeBase64urlText(spelt)).toBe(text);
  });

  it.each(NOT_UTF8)("is none with bytes that are not UTF-8: %j", (...bytes) => {
    const spelt = Buffer.concat([Buffer.alloc(length, "a"), Buffer.from(bytes)]).toString("base64url");
    expect(decodeBase64urlText(spelt)).toBeNull();
    expect(decodeBase64url(spelt)?.length).toBe(length + bytes.length);
  });
});

it("copies ASCII to the letter", () => {
  for (const text of ["", "a", "eyJhbGciOiJIUzI1NiJ9", "\0\x7f"]) expect(copyAscii(text)).toBe(text);
});

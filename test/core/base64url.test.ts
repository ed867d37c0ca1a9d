import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64url, textFromBase64url, toBase64url } from "../../src/core/base64url.ts";

/** RFC 4648 §5 and §3.5 as a grammar: whole groups, then what is left over with no bits that decoding would drop. */
const CANONICAL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/;
const NOT_UTF8 = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x61, 0xe2, 0x82]];

it("takes what the grammar takes, and nothing else", () => {
  const character = fc.constantFrom(..."AQgwEIMUYcz019_-+/= \n.\0é\u0141\u2126\ud800");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
      expect(fromBase64url(text) !== null).toBe(CANONICAL.test(text));
      if (!CANONICAL.test(text)) expect(textFromBase64url(text)).toBeNull();
    }),
    { numRuns: 20_000 },
  );
});

it("sees through a character whose low byte is that of another: a decoder may not", () => {
  for (const character of "AQgw09_-") {
    const twin = String.fromCharCode(0x100 + character.charCodeAt(0));
    expect(fromBase64url(`AA${twin}A`)).toBeNull();
    expect(textFromBase64url(`QU${twin}A`)).toBeNull();
  }
});

describe.each([0, 1, 100, 2_730, 2_731, 8_192, 8_193, 100_000])("a text of %i characters", (length) => {
  it.each(["a", "é", "\u20ac", "\ufffd"])("of %j comes back", (unit) => {
    const text = unit.repeat(length);
    const spelt = toBase64url(text);
    expect(spelt).toBe(Buffer.from(text).toString("base64url"));
    expect(textFromBase64url(spelt)).toBe(text);
  });

  it.each(NOT_UTF8)("is none with bytes that are not UTF-8: %j", (...bytes) => {
    const spelt = Buffer.concat([Buffer.alloc(length, "a"), Buffer.from(bytes)]).toString("base64url");
    expect(textFromBase64url(spelt)).toBeNull();
    expect(fromBase64url(spelt)?.length).toBe(length + bytes.length);
  });
});

import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HMAC_ALGORITHMS } from "../../../src/core/keys/algorithms.ts";
import { prepareHmac } from "../../../src/core/keys/hmac.ts";
import { anyCharacter } from "../../support/texts.ts";
import { runs } from "../../support/thorough.ts";

const { HS256, HS384, HS512 } = HMAC_ALGORITHMS;

/** RFC 4231 §4.2, §4.3, §4.7 and §4.8: the cases whose data are text. */
const PUBLISHED = [
  {
    secret: Buffer.alloc(20, 0x0b),
    text: "Hi There",
    sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    sha384: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
    sha512:
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
  },
  {
    secret: Buffer.from("Jefe"),
    text: "what do ya want for nothing?",
    sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    sha384: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    sha512:
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
  },
  {
    secret: Buffer.alloc(131, 0xaa),
    text: "Test Using Larger Than Block-Size Key - Hash Key First",
    sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    sha384: "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
    sha512:
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
  },
  {
    secret: Buffer.alloc(131, 0xaa),
    text: "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    sha256: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    sha384: "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
    sha512:
      "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
  },
] as const;

describe.each([
  ["by one-shot hashes", undefined],
  ["on a runtime without them", null],
] as const)("%s", (_what, oneShot) => {
  it.each(PUBLISHED)("has the codes that RFC 4231 prints: $text", ({ secret, text, ...codes }) => {
    for (const scheme of [HS256, HS384, HS512]) {
      const code = prepareHmac(scheme, secret, oneShot).sign(text);
      expect(Buffer.from(code, "base64url").toString("hex")).toBe(codes[scheme.hash as keyof typeof codes]);
    }
  });

  it.each([HS256, HS384, HS512])(
    "takes a code of $hash to the last character, whatever it compared before",
    (scheme) => {
      const { sign, verify } = prepareHmac(scheme, randomBytes(32), oneShot);
      for (const text of ["", "text", "x".repeat(300), "x".repeat(10_000)]) {
        const code = sign(text);
        const last = code.length - 1;
        for (const twin of [
          code.slice(0, -1),
          `${code}A`,
          code + code,
          code.slice(0, -1) + (code.at(-1) === "A" ? "E" : "A"),
          (code[0] === "A" ? "E" : "A") + code.slice(1),
          `${code.slice(0, -1)}\u0141`,
          `${code.slice(0, -2)}\u00e9`,
          code.slice(0, -1) + String.fromCharCode(0x100 + code.charCodeAt(last)),
          sign(`${text}x`),
          "",
        ]) {
          expect(verify(`${text}.${code}`, text.length)).toBe(true);
          expect([twin, verify(`${text}.${twin}`, text.length)]).toEqual([twin, false]);
        }
      }
    },
  );

  it.each(["\u00e9", "\u0141", "\u20ac", "\u{1f600}", "\ud800"])(
    "verifies nothing that holds %j, whoever signed it",
    (text) => {
      const { sign, verify } = prepareHmac(HS256, randomBytes(32), oneShot);
      for (const length of [1, 43, 8_192]) {
        const long = text.repeat(length);
        expect(verify(`${long}.${sign(long)}`, long.length)).toBe(false);
        const bytes = Buffer.byteLength(long);
        const twin = `${long}.${sign(long)}`.padEnd(bytes + 1 + 43, "A"); // which is good, counted in bytes
        expect(verify(twin, bytes)).toBe(false);
      }
    },
  );
});

describe.each([HS256, HS384, HS512])("$hash", (scheme) => {
  const expected = (secret: Uint8Array, text: string): string =>
    createHmac(scheme.hash, secret).update(text).digest("base64url");

  it("is node:crypto's own HMAC, for any secret and any text, one after another", () => {
    const secret = fc.uint8Array({ minLength: 0, maxLength: 3 * scheme.block });
    const texts = fc.array(fc.string({ unit: anyCharacter, maxLength: 400 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(secret, texts, (bytes, all) => {
        const hmac = prepareHmac(scheme, bytes);
        for (const text of all) expect(hmac.sign(text)).toBe(expected(bytes, text));
      }),
      { numRuns: runs(100, 300) },
    );
  });

  it.each([scheme.block - 1, scheme.block, scheme.block + 1])("for a secret of %i bytes", (length) => {
    const secret = randomBytes(length);
    expect(prepareHmac(scheme, secret).sign("text")).toBe(expected(secret, "text"));
  });

  it.each(["a", "é", "\u20ac", "\ud83d\ude00", "\ud800"])(
    "for texts of %j around the length that is prepared for",
    (unit) => {
      const secret = randomBytes(32);
      const hmac = prepareHmac(scheme, secret);
      for (const length of [8_191, 8_192, 8_193, 100_000]) {
        const text = unit.repeat(length / unit.length);
        expect(hmac.sign(text)).toBe(expected(secret, text));
        expect(hmac.sign("short")).toBe(expected(secret, "short"));
      }
    },
  );
});

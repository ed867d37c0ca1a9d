import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { convertDer } from "../../../src/core/keys/der.ts";
import { runs } from "../../support/thorough.ts";

const CURVES = [
  ["prime256v1", "sha256", 32],
  ["secp384r1", "sha384", 48],
  ["secp521r1", "sha512", 66],
] as const;

/** Writes numbers as DER does: without zeros in front, and with one where the first bit is set. */
function writeDer(...numbers: readonly Buffer[]): Buffer {
  const items = numbers.map((number) => {
    const bare = number.subarray(Math.min(number.findIndex(Boolean) >>> 0, number.length - 1));
    const digits = (bare[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), bare]) : bare;
    return Buffer.concat([Buffer.of(0x02, digits.length), digits]);
  });
  const body = Buffer.concat(items);
  return Buffer.concat([body.length < 128 ? Buffer.of(0x30, body.length) : Buffer.of(0x30, 0x81, body.length), body]);
}

describe.each(CURVES)("a signature on %s", (curve, hash, length) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });

  it("is good in the other form too, whatever numbers it has", () => {
    for (let at = 0; at < runs(15, 40); at += 1) {
      const data = Buffer.from(`text ${at}`);
      const raw = convertDer(sign(hash, data, privateKey), curve);
      expect(raw).toHaveLength(2 * length);
      expect(verify(hash, data, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)).toBe(true);
    }
  });

  it("keeps numbers that are short, or begin with a bit of one", () => {
    const numbers = [
      Buffer.alloc(length, 0xff),
      Buffer.alloc(length, 0x01),
      Buffer.concat([Buffer.alloc(length - 1), Buffer.of(0x80)]),
      Buffer.concat([Buffer.alloc(length - 1), Buffer.of(0x01)]),
      Buffer.alloc(length),
    ];
    for (const r of numbers) {
      for (const s of numbers) {
        expect(Buffer.from(convertDer(writeDer(r, s), curve)).equals(Buffer.concat([r, s]))).toBe(true);
      }
    }
  });

  it("is refused where it is anything else", () => {
    const good = writeDer(Buffer.alloc(length, 0x7f), Buffer.alloc(length, 0x7f));
    const why = /^sign answered no ECDSA signature in DER/;
    const bad: Buffer[] = [
      Buffer.alloc(0),
      Buffer.of(0x30),
      Buffer.alloc(2 * length, 0x30),
      Buffer.alloc(2 * length, 0x02),
      Buffer.concat([good, Buffer.of(0)]),
      Buffer.concat([good.subarray(0, -1)]),
      writeDer(Buffer.alloc(length + 1, 0x7f), Buffer.alloc(length, 0x7f)),
      writeDer(Buffer.alloc(length, 0x7f), Buffer.alloc(length + 1, 0x7f)),
      writeDer(Buffer.alloc(length, 0x7f)),
      writeDer(Buffer.alloc(8, 0x7f), Buffer.alloc(8, 0x7f), Buffer.alloc(8, 0x7f)),
      sign(hash, Buffer.from("x"), { key: privateKey, dsaEncoding: "ieee-p1363" }),
      Buffer.alloc(1_000_000, 0x30),
    ];
    for (const der of bad) expect(() => convertDer(der, curve)).toThrow(why);
    // Each byte that says what something is, or how long.
    const marks = good[1] === 0x81 ? [0, 1, 2, 3, 4] : [0, 1, 2, 3];
    for (const at of marks) {
      const changed = Buffer.from(good);
      changed.writeUInt8((changed.readUInt8(at) + 1) & 0xff, at);
      expect(() => convertDer(changed, curve)).toThrow(why);
    }
  });

  it("is never read beyond its end, wherever it was cut", () => {
    const good = sign(hash, Buffer.from("x"), privateKey);
    for (let end = 0; end < good.length; end += 1) {
      expect(() => convertDer(good.subarray(0, end), curve)).toThrow(TypeError);
    }
  });
});

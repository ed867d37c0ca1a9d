import { createPrivateKey, createPublicKey, type JsonWebKey, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { keyFor } from "../support/keys.ts";
import { profileOf, reasonFor } from "../support/tokens.ts";

const REFUSED = /^invalid_token: (the signature does not hold|a token is three segments)/;
const FAMILIES: readonly Algorithm[] = ["HS256", "RS256", "PS256", "ES256", "ES512", "Ed25519"];

describe.each(FAMILIES)("%s", async (algorithm) => {
  const profile = profileOf(await importKey(await keyFor(algorithm)));
  const token = await issueToken({ sub: "user-1" }, profile);
  const other = await issueToken({ sub: "user-1" }, profile);
  const input = token.slice(0, token.lastIndexOf("."));
  const signature = Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
  const withSignature = (bytes: Uint8Array): string => `${input}.${Buffer.from(bytes).toString("base64url")}`;

  it("holds as it is", async () => {
    expect(await reasonFor(token, profile)).toBe("accepted");
  });

  it.each([
    ["empty", Buffer.alloc(0)],
    ["one byte", signature.subarray(0, 1)],
    ["cut by a byte", signature.subarray(0, -1)],
    ["cut in half", signature.subarray(0, signature.length / 2)],
    ["longer by a byte", Buffer.concat([signature, Buffer.from([0])])],
    ["with a byte in front", Buffer.concat([Buffer.from([0]), signature])],
    ["twice", Buffer.concat([signature, signature])],
    ["all zeros", Buffer.alloc(signature.length)],
    ["all ones", Buffer.alloc(signature.length, 0xff)],
    ["backwards", Buffer.from(signature).reverse()],
    ["another token's", Buffer.from(other.slice(other.lastIndexOf(".") + 1), "base64url")],
  ])("does not hold when it is %s", async (_how, bytes) => {
    expect(await reasonFor(withSignature(bytes), profile)).toMatch(REFUSED);
  });

  it("does not hold with any bit flipped", async () => {
    for (let bit = 0; bit < signature.length * 8; bit += algorithm === "HS256" ? 1 : 41) {
      const flipped = Buffer.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await reasonFor(withSignature(flipped), profile)).toBe("invalid_token: the signature does not hold");
    }
  });
});

// Each of these is the same number to whoever forgets to compare it with the modulus or the order.
describe("a signature with its modulus or order added", () => {
  const little = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);

  it.each(["RS256", "PS256"] as const)("does not hold: %s", async (algorithm) => {
    const jwk = await keyFor(algorithm);
    const profile = profileOf(await importKey(jwk));
    const modulus = BigInt(`0x${Buffer.from(String(jwk.n), "base64url").toString("hex")}`);
    const token = await issueToken({ sub: "user-1" }, profile);
    const end = token.lastIndexOf(".") + 1;
    const value = BigInt(`0x${Buffer.from(token.slice(end), "base64url").toString("hex")}`);
    const sum = (value + modulus).toString(16);
    const bytes = Buffer.from(sum.padStart(sum.length > 512 ? 514 : 512, "0"), "hex");
    expect(await reasonFor(token, profile)).toBe("accepted");
    expect(await reasonFor(token.slice(0, end) + bytes.toString("base64url"), profile)).toMatch(REFUSED);
  });

  it("does not hold: Ed25519", async () => {
    const profile = profileOf(await importKey(await generateKey("Ed25519")));
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const token = await issueToken({ sub: "user-1" }, profile);
    const end = token.lastIndexOf(".") + 1;
    const bytes = Buffer.from(token.slice(end), "base64url");
    const sum = Buffer.from((little(bytes.subarray(32)) + order).toString(16).padStart(64, "0"), "hex").reverse();
    const twin = Buffer.concat([bytes.subarray(0, 32), sum]).toString("base64url");
    expect(await reasonFor(token, profile)).toBe("accepted");
    expect(await reasonFor(token.slice(0, end) + twin, profile)).toBe("invalid_token: the signature does not hold");
  });
});

describe("an Ed25519 key of small order", () => {
  // With OpenSSL before 3.5, the neutral point and no multiple of the base sign for these without anyone's secret.
  const POINTS = [
    `00${"00".repeat(31)}`,
    `01${"00".repeat(31)}`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
  ].map((hex) => Buffer.from(hex, "hex"));
  const negated = POINTS.map((point) => Buffer.concat([point.subarray(0, 31), Buffer.from([(point[31] ?? 0) | 0x80])]));

  it.each([...POINTS, ...negated].map((point) => [point.toString("hex"), point] as const))(
    "is refused, since anyone can forge with it: %s",
    async (_hex, point) => {
      const jwk: JWK = { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") };
      const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
      await expect(importKey(jwk)).rejects.toThrow(/point of small order, with which anyone can forge/);
      const pem = key.export({ type: "spki", format: "pem" }).toString();
      await expect(importKey(pem)).rejects.toThrow(/point of small order/);
    },
  );
});

describe("ECDSA", async () => {
  const jwk: JWK = await generateKey("ES256");
  const profile = profileOf(await importKey(jwk));
  const token = await issueToken({ sub: "user-1" }, profile);
  const input = token.slice(0, token.lastIndexOf("."));
  const ORDER = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
  const ZERO = Buffer.alloc(32);
  const ONE = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);

  it.each([
    ["r and s of 0", ZERO, ZERO],
    ["r of 0", ZERO, ONE],
    ["s of 0", ONE, ZERO],
    ["r and s of the order", ORDER, ORDER],
    ["r of 1, s of the order", ONE, ORDER],
  ])("takes no blank signature (CVE-2022-21449): %s", async (_what, r, s) => {
    const blank = `${input}.${Buffer.concat([r, s]).toString("base64url")}`;
    expect(await reasonFor(blank, profile)).toBe("invalid_token: the signature does not hold");
  });

  it("takes no signature in DER", async () => {
    const key = createPrivateKey({ key: jwk, format: "jwk" });
    const der = sign("sha256", Buffer.from(input), { key, dsaEncoding: "der" }).toString("base64url");
    expect(await reasonFor(`${input}.${der}`, profile)).toBe("invalid_token: the signature does not hold");
  });

  it("has a second signature of the same token, which changes nothing of what it says", async () => {
    const bytes = Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
    const order = BigInt(`0x${ORDER.toString("hex")}`);
    const s = order - BigInt(`0x${bytes.subarray(32).toString("hex")}`);
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    expect(await reasonFor(`${input}.${twin.toString("base64url")}`, profile)).toBe("accepted");
  });
});

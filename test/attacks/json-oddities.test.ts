import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyToken } from "../../src/core/token/verify.ts";
import { runs } from "../support/thorough.ts";
import { CLAIMS, HEADER, profileOf, reasonFor, SECOND, SECRET, signed } from "../support/tokens.ts";

const JSON_CLAIMS = JSON.stringify(CLAIMS);
const NO_OBJECT = "is not a JSON object in UTF-8";

const ODDITIES: Readonly<Record<string, string | Buffer>> = {
  "no JSON": "nonsense",
  nothing: " ",
  null: "null",
  "an array": `[${JSON_CLAIMS}]`,
  "a string": JSON.stringify(JSON_CLAIMS),
  "a number": "1",
  "a byte order mark": `\ufeff${JSON_CLAIMS}`,
  "something behind the object": `${JSON_CLAIMS}x`,
  "a second object": `${JSON_CLAIMS}${JSON_CLAIMS}`,
  "a trailing comma": JSON_CLAIMS.replace("}", ",}"),
  "a comment": `/**/${JSON_CLAIMS}`,
  "single quotes": JSON_CLAIMS.replaceAll('"', "'"),
  NaN: JSON_CLAIMS.replace("}", ',"x":NaN}'),
  Infinity: JSON_CLAIMS.replace("}", ',"x":Infinity}'),
  "a hexadecimal number": JSON_CLAIMS.replace("}", ',"x":0x10}'),
  "a NUL at its end": `${JSON_CLAIMS}\0`,
  "Latin-1": Buffer.from(JSON_CLAIMS.replace("}", ',"x":"\u00e9"}'), "latin1"),
  "a surrogate in UTF-8": Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
  "an overlong slash": Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
  "UTF-16": Buffer.from(JSON_CLAIMS, "utf16le"),
};

describe.each(Object.entries(ODDITIES))("%s", (_name, text) => {
  const segment = Buffer.from(text as string);
  it("is no payload", async () => {
    expect(await reasonFor(signedBytes(segment, Buffer.from(JSON.stringify(HEADER))))).toBe(
      `invalid_token: the payload ${NO_OBJECT}`,
    );
  });

  it("is no header", async () => {
    const claims = Buffer.from(JSON_CLAIMS);
    expect(await reasonFor(signedBytes(claims, segment))).toBe(`invalid_token: the header ${NO_OBJECT}`);
  });
});

describe("what JSON leaves open", () => {
  it.each([
    [`{"sub":"user-1","sub":"user-2","iat":${SECOND},"exp":${SECOND + 900}}`, "user-2"],
    [`{"sub":"user-1","iat":${SECOND},"exp":1,"exp":${SECOND + 900}}`, "user-1"],
  ])("a member twice has its last value, as RFC 7519 §4 allows: %s", async (text, sub) => {
    expect((await verifyToken(signed(text), profileOf())).sub).toBe(sub);
  });

  it("a member twice in the header has its last value in all that is checked", async () => {
    const header = '{"alg":"none","alg":"HS256","typ":"JWT","typ":"at+jwt"}';
    expect(await reasonFor(signed(CLAIMS, header))).toBe("accepted");
    expect(await reasonFor(signed(CLAIMS, '{"alg":"HS256","alg":"none","typ":"at+jwt"}'))).toMatch(
      /alg is "none", expected "HS256"/,
    );
  });

  it("__proto__ is a claim like any other, and changes no object", async () => {
    const text = `{"__proto__":{"admin":true,"sub":"user-2"},"iat":${SECOND},"exp":${SECOND + 900}}`;
    const claims = (await verifyToken(signed(text), profileOf())) as Record<string, unknown>;
    expect(claims.admin).toBeUndefined();
    expect(claims.sub).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it("a header's __proto__ names no algorithm", async () => {
    expect(await reasonFor(signed(CLAIMS, '{"__proto__":{"alg":"HS256"},"typ":"at+jwt"}'))).toMatch(
      /alg is missing, expected "HS256"/,
    );
  });

  it("an inherited exp is none", async () => {
    expect(await reasonFor(signed(`{"__proto__":{"exp":${SECOND + 900}},"iat":${SECOND}}`))).toMatch(
      /exp and iat must both be there/,
    );
  });

  it("nesting is bounded by the token's length", async () => {
    const deep = `{"x":${"[".repeat(2_500)}${"]".repeat(2_500)},"iat":${SECOND},"exp":${SECOND + 900}}`;
    expect(await reasonFor(signed(deep))).toBe("accepted");
  });

  it("nesting of the most that any profile takes ends in an answer", async () => {
    const profile = profileOf(undefined, { maxBytes: 1_048_576 });
    for (const [open, close] of [
      ["[", "]"],
      ['{"x":', "}"],
    ] as const) {
      const levels = Math.floor(runs(200_000, 780_000) / (open + close).length);
      const deep = `{"x":${open.repeat(levels)}1${close.repeat(levels)},"iat":${SECOND},"exp":${SECOND + 900}}`;
      expect(await reasonFor(signed(deep), profile)).toMatch(/^(accepted|invalid_token: the payload is not a JSON)/);
    }
  });

  it("escapes and white space are the issuer's to choose", async () => {
    expect(await reasonFor(signed(`\n{ "\\u0069at" : ${SECOND} , "exp":${SECOND + 900}.0 }\t`))).toBe("accepted");
  });
});

function signedBytes(payload: Buffer, header: Buffer): string {
  const input = `${header.toString("base64url")}.${payload.toString("base64url")}`;
  return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
}

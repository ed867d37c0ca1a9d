import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isAuthError } from "../../../src/core/errors.ts";
import { parseBearer } from "../../../src/core/http/bearer.ts";
import { keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { CLAIMS, encode, HEADER, profileOf, reasonFor, SECRET, signed } from "../../support/tokens.ts";

const token = signed();
const SPELLING = "invalid_token: a token is three segments of base64url, without padding, split by dots";
const JWE = `${encode({ alg: "RSA-OAEP", enc: "A256GCM" })}.a2V5.aXY.Y2lwaGVy.dGFn`;
const DIRECT = `${encode({ alg: "dir", enc: "A256GCM" })}..aXY.Y2lwaGVy.dGFn`;

describe("what is no token: the cause names the mistake", () => {
  it.each([
    ["a JWE", JWE, "five segments are a JWE"],
    ["a JWE without a key of its own", DIRECT, "five segments are a JWE"],
    ["a header's value", `Bearer ${token}`, 'it begins with "Bearer "'],
    ["a header's value in small letters", `bearer\t${token}`, 'it begins with "Bearer "'],
    ["a space in front", ` ${token}`, "there is white space around it"],
    ["a line's end", `${token}\n`, "there is white space around it"],
    ["a line's end of Windows", `${token}\r\n`, "there is white space around it"],
    ["a byte order mark", `\ufeff${token}`, "there is white space around it"],
    ["quotes", `"${token}"`, "it stands in quotes"],
    ["undefined as text", "undefined", "the client put a variable without a value"],
    ["null as text", "null", "the client put a variable without a value"],
    ["an unsigned token", `${token.split(".").slice(0, 2).join(".")}.`, "its signature is missing"],
    ["an opaque token", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI", "it is one segment alone"],
  ])("%s", async (_what, text, mistake) => {
    const profile = profileOf();
    for (let time = 0; time < 2; time += 1) {
      const reason = await reasonFor(text, profile);
      expect(reason.startsWith(`${SPELLING}; ${mistake}`), reason).toBe(true);
      expect(reason).not.toContain(token.slice(0, 20));
      expect(await reasonFor(token, profile)).toBe("accepted"); // and its header is known from here on
    }
    expect(() => decodeToken(text)).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining(mistake) }) }),
    );
  });

  it.each(["a.b", "a.b.c.d", `${token}=`, "ä.b.c"])("any other is only said to be none: %s", async (text) => {
    expect(await reasonFor(text)).toBe(SPELLING);
  });

  it("a header in which the scheme stands twice", () => {
    try {
      parseBearer(`Bearer Bearer ${token}`);
      expect.unreachable();
    } catch (error) {
      expect(isAuthError(error) && error.code).toBe("invalid_request");
      expect(String((error as Error).cause)).toMatch(/the Bearer scheme is there twice/);
    }
  });

  it("a list of tokens is not quoted", async () => {
    expect(await reasonFor([token])).toBe("invalid_token: a token is a string, and this is of type object");
  });
});

describe("causes name expectation and finding", () => {
  const a = secretKey("a".repeat(32), { kid: "a" });
  const b = secretKey("b".repeat(32), { kid: "b" });
  const strict = { issuer: "https://api.example.com", audience: ["one", "two"] };
  const good = { ...CLAIMS, iss: "https://api.example.com", aud: "one" };

  it.each<readonly [string, unknown, object, string]>([
    ["typ", { ...HEADER, typ: "JWT" }, CLAIMS, 'typ is "JWT", expected "at+jwt"'],
    ["no typ", { alg: "HS256" }, CLAIMS, 'typ is missing, expected "at+jwt"'],
    ["a typ that is none", { ...HEADER, typ: { a: 1 } }, CLAIMS, 'typ is an object, expected "at+jwt"'],
    ["alg", { ...HEADER, alg: "none" }, CLAIMS, 'alg is "none", expected "HS256"'],
    ["no alg", { typ: "at+jwt" }, CLAIMS, 'alg is missing, expected "HS256"'],
    ["a kid that is none", { ...HEADER, kid: [{}] }, CLAIMS, "kid is a list, expected a string"],
    ["crit", { ...HEADER, crit: ["exp"] }, CLAIMS, "crit is there, expected none: no extension is known"],
    ["b64", { ...HEADER, b64: false }, CLAIMS, "b64 is there, expected none: no extension is known"],
    ["iss", HEADER, { ...good, iss: "you" }, 'iss is "you", expected "https://api.example.com"'],
    ["no iss", HEADER, { ...good, iss: undefined }, 'iss is missing, expected "https://api.example.com"'],
    ["aud", HEADER, { ...good, aud: "three" }, 'aud is "three", expected one of "one", "two"'],
    ["auds", HEADER, { ...good, aud: ["x", "y"] }, 'aud is ["x", "y"], expected one of "one", "two"'],
    ["many auds", HEADER, { ...good, aud: [..."abcdefg"] }, 'aud is ["a", "b", "c", and 4 more], expected one of'],
    ["exp as text", HEADER, { ...good, exp: "1" }, 'exp is "1", expected a finite number of seconds'],
  ])("%s", async (_what, header, claims, why) => {
    const profile = profileOf(undefined, "iss" in claims ? strict : {});
    expect(await reasonFor(signed(claims, header), profile)).toContain(`invalid_token: ${why}`);
  });

  it("kid, among the keys of its algorithm", async () => {
    const reason = await reasonFor(signed(CLAIMS, { ...HEADER, kid: "c" }), profileOf(keyRing(a, b)));
    expect(reason).toBe('invalid_token: kid is "c", expected one of "a", "b"');
  });

  it("in one short line of ASCII, whatever anybody wrote", async () => {
    for (const wild of ["a\nb\r\u2028\u0085", "\u001b[31m\u009b", "\u202eabc", "é💥", "x".repeat(5_000)]) {
      for (const name of ["typ", "alg", "kid"]) {
        const profile = profileOf(secretKey(SECRET, { kid: "mine" }));
        const reason = await reasonFor(signed(CLAIMS, { ...HEADER, [name]: wild }), profile);
        expect(reason).toMatch(/^invalid_token: (typ|alg|kid) is "[ -~]{1,160}", expected "[ -~]{1,30}"$/);
      }
    }
  });

  it("but nothing of the payload before the signature holds, nor anything of crit", async () => {
    const forged = signed({ ...CLAIMS, iss: "SECRET", aud: "SECRET" }, HEADER, "another secret of 32 bytes or more");
    expect(await reasonFor(forged, profileOf(undefined, strict))).toBe("invalid_token: the signature does not hold");
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, crit: ["SECRET"] }))).not.toContain("SECRET");
  });

  it("paths that a schema refuses, too", async () => {
    const profile = profileOf(undefined, { schema: z.object({ m: z.record(z.string(), z.number()) }) } as object);
    const reason = await reasonFor(signed({ ...CLAIMS, m: { "a\nb": "x", [`y${"z".repeat(500)}`]: "x" } }), profile);
    expect(reason).toMatch(/schema at: m\."a\\nb", m\."yz{127}\.\.\."$/);
  });
});

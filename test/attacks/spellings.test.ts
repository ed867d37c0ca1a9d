import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { KEY } from "../../src/core/keys/key.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { CLAIMS, encode, HEADER, profileOf, reasonFor, SECRET, signed } from "../support/tokens.ts";

const [header = "", payload = "", signature = ""] = signed().split(".");
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A segment whose last character has other unused bits: a lenient decoder reads the same bytes. */
function otherEnding(segment: string): string {
  const last = ALPHABET.indexOf(segment.at(-1) ?? "");
  return segment.slice(0, -1) + ALPHABET[last + 1];
}

describe("a token has one spelling", () => {
  it.each([
    ["padding", `${header}=.${payload}.${signature}`],
    ["padding of the signature", `${header}.${payload}.${signature}=`],
    ["a space in front", ` ${header}.${payload}.${signature}`],
    ["a space behind", `${header}.${payload}.${signature} `],
    ["a line break behind", `${header}.${payload}.${signature}\n`],
    ["a line break inside", `${header}.${payload.slice(0, 9)}\n${payload.slice(9)}.${signature}`],
    ["a NUL", `${header}.${payload}.${signature}\0`],
    ["the other alphabet", `${header}.${payload}.${signature.slice(0, -2)}+/`],
    ["percent-encoding", `${header}%2E${payload}%2E${signature}`],
    ["full-width characters", `${header}．${payload}．${signature}`],
    [
      "a character whose low byte is a letter's",
      `${header}.${String.fromCharCode(0x100 + payload.charCodeAt(0))}${payload.slice(1)}.${signature}`,
    ],
    [
      "such a one in the signature",
      `${header}.${payload}.${signature.slice(0, -1)}${String.fromCharCode(0x100 + signature.charCodeAt(42))}`,
    ],
    ["a lone surrogate", `${header}.${payload}.${signature}\ud800`],
    ["another ending of the signature", `${header}.${payload}.${otherEnding(signature)}`],
    ["two segments", `${header}.${payload}`],
    ["an empty signature", `${header}.${payload}.`],
    ["an empty header", `.${payload}.${signature}`],
    ["an empty payload", `${header}..${signature}`],
    ["four segments", `${header}.${payload}.${signature}.${signature}`],
    ["five segments, as of a JWE", `${header}.a.b.${payload}.${signature}`],
    ["a dot in front", `.${header}.${payload}.${signature}`],
    ["nothing", ""],
    ["dots", ".."],
    ["JSON serialisation", JSON.stringify({ protected: header, payload, signature })],
    ["the scheme", `Bearer ${header}.${payload}.${signature}`],
  ])("and not one with %s", async (_what, token) => {
    expect(await reasonFor(token)).toMatch(/^invalid_token: a token is three segments of base64url/);
  });

  it("whatever is left over at a segment's end", async () => {
    for (let length = 0; length < 4; length += 1) {
      const input = `${encode({ ...HEADER, x: "x".repeat(length) })}.${encode({ ...CLAIMS, x: "y".repeat(length) })}`;
      const token = `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
      expect(await reasonFor(token)).toBe("accepted");
      const [first = "", second = "", third = ""] = token.split(".");
      for (const [at, segment] of [first, second, third].entries()) {
        if (segment.length % 4 === 0) continue;
        const twin = [first, second, third].with(at, otherEnding(segment));
        expect(Buffer.from(twin[at] ?? "", "base64url")).toEqual(Buffer.from(segment, "base64url"));
        expect(await reasonFor(twin.join("."))).toMatch(/three segments/);
      }
    }
  });

  it.each([
    ["padding", (text: string) => `${text}=`],
    ["a line break", (text: string) => `${text}\n`],
    ["a line break inside", (text: string) => `${text.slice(0, 8)}\n${text.slice(8)}`],
    ["another ending", otherEnding],
    ["the other alphabet", (text: string) => text.replaceAll("-", "+").replaceAll("_", "/")],
    ["a character whose low byte is a letter's", (text: string) => text.replace("I", "\u0149")],
    ["another segment", (text: string) => `${text}.${text}`],
  ])("also where the issuer signed another: %s", async (_what, respell) => {
    const text = encode({ ...CLAIMS, x: "?>?>?>~~~", y: "zzz" });
    expect([/[-_]/.test(text), text.length % 4 > 1]).toEqual([true, true]);
    const key = await importKey(await generateKey("Ed25519"));
    for (const { sign, profile, alg } of [
      { sign: secretKey(SECRET)[KEY].sign, profile: profileOf(), alg: "HS256" },
      { sign: key[KEY].sign, profile: profileOf(key), alg: "Ed25519" },
    ]) {
      const issue = async (spelt: string) => {
        const input = `${encode({ ...HEADER, alg })}.${spelt}`;
        return `${input}.${await sign?.(input)}`;
      };
      expect(await reasonFor(await issue(respell(text)), profile)).toMatch(/three segments/);
      expect(await reasonFor(await issue(text), profile)).toBe("accepted");
      expect(await reasonFor(await issue(respell(text)), profile)).toMatch(/three segments/); // the header being known
    }
  });

  it("for signatures of key pairs too", async () => {
    const profile = profileOf(await importKey(await generateKey("Ed25519")));
    const token = await issueToken({ sub: "user-1" }, profile);
    expect(await reasonFor(token, profile)).toBe("accepted");
    expect(await reasonFor(otherEnding(token), profile)).toMatch(/three segments/);
    expect(await reasonFor(`${token}==`, profile)).toMatch(/three segments/);
  });
});

describe("what is no token at all", () => {
  it.each([
    undefined,
    null,
    0,
    Number.NaN,
    true,
    {},
    [],
    [signed()],
    Symbol("t"),
    () => signed(),
    Buffer.from(signed()),
  ])("is refused: %s", async (token) => {
    expect(await reasonFor(token)).toMatch(/^invalid_token: a token is a string, and this is of type /);
  });

  it("is refused for an object that would turn into a good one", async () => {
    expect(await reasonFor({ toString: () => signed(), length: 3 })).toMatch(
      /^invalid_token: a token is a string, and this is of type /,
    );
  });
});

describe("length", () => {
  it("is looked at first, and to the byte", async () => {
    const token = signed({ ...CLAIMS, x: "x".repeat(300) });
    expect(await reasonFor(token, profileOf(undefined, { maxBytes: token.length }))).toBe("accepted");
    const shorter = profileOf(undefined, { maxBytes: token.length - 1 });
    expect(await reasonFor(token, shorter)).toBe(
      `invalid_token: the token is longer than maxBytes (${token.length - 1})`,
    );
  });

  it.each(["a", ".", "a.", "aaaa.", "=", "\ud800"])("of megabytes of %j costs nothing", async (unit) => {
    const huge = unit.repeat(MEGABYTES / unit.length);
    const started = performance.now();
    expect(await reasonFor(huge)).toMatch(/longer than maxBytes/);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(["a", ".", "a.", "aaaa.", "A".repeat(7)])(
    "of the most that a profile takes is read in bounded time: %j",
    async (unit) => {
      const profile = profileOf(undefined, { maxBytes: 1_048_576 });
      const started = performance.now();
      expect(await reasonFor(unit.repeat(1_048_576 / unit.length), profile)).toMatch(/three segments/);
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});

import { describe, expect, it } from "vitest";
import { issueToken } from "../../src/core/token/issue.ts";
import { comparePassword, importKey, keyRing, publicJwks, type SigningKey, secretKey } from "../../src/index.ts";
import { profileOf } from "../support/tokens.ts";
import { run, runAtTerminal } from "./shell.ts";

describe("secret", () => {
  it.each([
    [[], "HS256", 32],
    [["HS256"], "HS256", 32],
    [["HS384"], "HS384", 48],
    [["HS512"], "HS512", 64],
  ] as const)("by %j is as long as %s needs, and another one each time", async (names, algorithm, bytes) => {
    const [one, other] = [await run(["secret", ...names]), await run(["secret", ...names])];
    expect([one.code, one.err]).toEqual([0, ""]);
    expect(one.out).not.toBe(other.out);
    expect(Buffer.from(one.out.trim(), "base64url").length).toBe(bytes);
    expect(secretKey(one.out.trim(), { algorithm }).algorithm).toBe(algorithm);
  });

  it.each(["ES256", "none", "hs256", "toString"])("is for no %s", async (name) => {
    const { code, out, err } = await run(["secret", name]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe("hallpass secret: a secret is for one of HS256, HS384, HS512; for others, see keygen\n");
  });
});

describe("keygen", () => {
  it.each([
    [[], "ES256"],
    [["Ed25519"], "Ed25519"],
    [["ES384"], "ES384"],
  ] as const)("by %j prints a private key of %s that signs", async (names, algorithm) => {
    const { code, out, err } = await run(["keygen", ...names]);
    expect([code, err]).toEqual([0, ""]);
    const key = (await importKey(JSON.parse(out))) as SigningKey;
    expect([key.algorithm, key.canSign]).toEqual([algorithm, true]);
    expect(publicJwks(keyRing(key)).keys[0]?.kid).toBe(key.kid);
  });

  it("is for no secret", async () => {
    const { code, out, err } = await run(["keygen", "HS256"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^hallpass keygen: a key pair is for one of RS256, .*; for HS256, see secret\n$/);
  });
});

describe("hash", () => {
  it.each([
    ["correct horse", "correct horse"],
    ["correct horse\n", "correct horse"],
    ["correct horse\r\n", "correct horse"],
    ["\ufeffcorrect horse\n", "correct horse"], // as some shells of Windows write it
    [" spaces count ", " spaces count "],
    ["two\nlines\n\n", "two\nlines\n"],
  ])("of %j is that of %j", async (input, password) => {
    const { code, out, err } = await run(["hash"], input);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$\S+\n$/);
    expect(await comparePassword(password, out.trim())).toBe(true);
  });

  it.each<readonly [what: string, input: string | Uint8Array, code: number, why: string]>([
    ["nothing", "", 2, "the password is missing: give it on the standard input"],
    ["a line break alone", "\n", 2, "the password is missing"],
    ["bytes that are no text", Buffer.from([0x61, 0xff]), 2, "the password is no text in UTF-8"],
    ["more than a mebibyte", "x".repeat(1_048_577), 2, "the password is longer than 1048576 bytes"],
    ["1,025 characters", "x".repeat(1_025), 1, "unusable_password: "],
  ])("refuses %s", async (_what, input, code, why) => {
    const outcome = await run(["hash"], input);
    expect([outcome.code, outcome.out]).toEqual([code, ""]);
    expect(outcome.err).toContain(`hallpass hash: ${why}`);
  });

  it("asks twice at a terminal, and shows nothing of what is typed", async () => {
    const { code, out, err } = await runAtTerminal(["hash"], "correct horse\r", "correct horse\r");
    expect([code, err]).toEqual([0, "password: \npassword again: \n"]);
    expect(await comparePassword("correct horse", out.trim())).toBe(true);
  });

  it.each([
    [["correct horse\r", "correct hors\r"], "the two passwords differ"],
    [["\u0003"], "the password is missing"],
    [["\u0004"], "the password is missing"],
  ])("at a terminal is none where %j is typed", async (typed, why) => {
    const { code, out, err } = await runAtTerminal(["hash"], ...typed);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(why);
    expect(err).not.toContain("horse");
  });
});

describe("decode", () => {
  it("prints header and claims, and tells when", async () => {
    const token = await issueToken({ sub: "reader" }, profileOf(undefined, { now: () => Date.UTC(2020, 0, 1) }));
    for (const { code, out, err } of [
      await run(["decode"], ` ${token}\n`),
      await run(["decode"], `Bearer ${token}\n`),
      await runAtTerminal(["decode"], `${token}\r`),
    ]) {
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        header: { typ: "at+jwt" },
        claims: { sub: "reader", iat: 1_577_836_800 },
      });
      expect(err).toMatch(
        /NOT verified\niat {8}2020-01-01T00:00:00.000Z {2}past\nexp {8}2020-01-01T00:15:00.000Z {2}past\n$/,
      );
    }
  });

  it("tells of no instant that is none, and of one that is to come", async () => {
    const claims = { iat: "now", nbf: 1e300, exp: 32_503_680_000 };
    const token = [{ alg: "none" }, claims]
      .map((it) => Buffer.from(JSON.stringify(it)).toString("base64url"))
      .join(".");
    const { err } = await run(["decode"], `${token}.AAAA`);
    expect(err).toBe("NOT verified\nexp        3000-01-01T00:00:00.000Z  to come\n");
  });

  it("gives a terminal nothing to obey", async () => {
    const sub = "\u001b[31m\u202e\u2028\u009b\u007f中";
    const { out } = await run(["decode"], await issueToken({ sub }, profileOf()));
    expect(out).toMatch(/^[\n -~中]*$/);
    expect(JSON.parse(out).claims.sub).toBe(sub);
  });

  it.each([
    ["a.b", "a token is three segments"],
    ["abc", "as opaque tokens are"],
    ["", "the token is missing"],
  ])("says what is wrong with %j", async (input, why) => {
    const { code, out, err } = await run(["decode"], input);
    expect([code === 0, out]).toEqual([false, ""]);
    expect(err).toContain(why);
  });
});

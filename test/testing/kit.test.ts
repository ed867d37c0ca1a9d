import { describe, expect, it } from "vitest";
import { cheapPasswords, frozenClock, mintToken } from "../../src/testing.ts";
import { NOW, profileOf, reasonFor } from "../support/tokens.ts";

describe("frozenClock", () => {
  it("stands still, and moves as it is told", () => {
    const { now, advance, set } = frozenClock();
    expect(now()).toBe(Date.UTC(2030, 0, 1));
    advance("15m");
    expect(now()).toBe(Date.UTC(2030, 0, 1, 0, 15));
    set("2020-01-01");
    expect(now()).toBe(Date.UTC(2020, 0, 1));
    expect(frozenClock(5).now()).toBe(5);
    expect(frozenClock(new Date(7)).now()).toBe(7);
  });

  it("takes no instant that is none", () => {
    expect(() => frozenClock("soon")).toThrow(/frozenClock takes a Date/);
    expect(() => frozenClock().set(Number.NaN)).toThrow(/frozenClock takes a Date/);
    expect(() => frozenClock().advance("1y" as never)).toThrow(/advance must be/);
  });
});

describe("mintToken", () => {
  const profile = profileOf();

  it("issues as of another instant", async () => {
    expect(await reasonFor(await mintToken({ sub: "x" }, profile), profile)).toBe("accepted");
    const old = await mintToken({ sub: "x" }, profile, { at: new Date(NOW - 900_000) });
    expect(await reasonFor(old, profile)).toMatch(/^expired/);
    const long = await mintToken({ sub: "x" }, profile, { at: new Date(NOW - 900_000), expiresIn: "1h" });
    expect(await reasonFor(long, profile)).toBe("accepted");
  });

  it("refuses what is no instant and no duration", async () => {
    await expect(mintToken({}, profile, { at: new Date(Number.NaN) })).rejects.toThrow(/at must be a valid Date/);
    await expect(mintToken({}, profile, { at: new Date(-1) })).rejects.toThrow(/at must be a valid Date/);
    for (const at of ["2020-01-01", NOW, null]) {
      await expect(mintToken({}, profile, { at: at as never })).rejects.toThrow(/at must be a valid Date/);
    }
    await expect(mintToken({}, profile, { expiresIn: 0 })).rejects.toThrow(/expiresIn must be/);
    await expect(mintToken({}, profile, { att: 1 } as never)).rejects.toThrow(/there is no option "att"/);
  });
});

it("cheapPasswords hashes and compares", async () => {
  const passwords = cheapPasswords();
  const hash = await passwords.hash("correct horse");
  expect([await passwords.compare("correct horse", hash), await passwords.compare("x", hash)]).toEqual([true, false]);
  expect(hash).toContain("m=8,t=1,p=1");
});

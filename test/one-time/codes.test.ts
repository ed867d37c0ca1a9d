import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { OneTimeCodeOptions } from "../../src/one-time/codes.ts";
import { createOneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { OneTimeStore } from "../../src/stores/contract.ts";
import { memoryOneTimeStore } from "../../src/stores/memory.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { NOW } from "../support/tokens.ts";

const MINUTE = 60_000;

function houseOf(options: Partial<OneTimeCodeOptions> = {}) {
  const clock = { now: NOW };
  const store = memoryOneTimeStore();
  const make = <Data = null>(more: Partial<OneTimeCodeOptions> = {}) =>
    createOneTimeCodes<Data>({ store, purpose: "second-factor", now: () => clock.now, ...options, ...more });
  return { clock, store, make, codes: make() };
}

/** Another code than a code. */
const wrong = (code: string): string => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));

function tally(counts: number[], digit: number): void {
  counts[digit] = (counts[digit] as number) + 1;
}

describe("a code", () => {
  it("has six digits, and is good once, for its user", async () => {
    const { codes } = houseOf();
    const { code, expiresAt } = await codes.issue("user-1");
    expect(code).toMatch(/^\d{6}$/);
    expect(expiresAt).toEqual(new Date(NOW + 10 * MINUTE));
    expect(await codes.consume("user-2", code)).toBeNull();
    expect(await codes.consume("user-1", wrong(code))).toBeNull();
    expect(await codes.consume("user-1", code)).toEqual({
      userId: "user-1",
      data: null,
      credentialIssuedAt: null,
      issuedAt: new Date(NOW),
      expiresAt,
    });
    expect(await codes.consume("user-1", code)).toBeNull();
  });

  it("carries what was given with it", async () => {
    const codes = houseOf({ digits: 8 }).make<{ login: string }>();
    const { code } = await codes.issue("user-1", { login: "reader" });
    expect(code).toMatch(/^\d{8}$/);
    expect((await codes.consume("user-1", code))?.data).toEqual({ login: "reader" });
  });

  it("expires, is followed by another, and is revoked", async () => {
    const { codes, clock } = houseOf();
    const first = await codes.issue("user-1");
    let second = await codes.issue("user-1");
    while (second.code === first.code) second = await codes.issue("user-1");
    expect(await codes.consume("user-1", first.code)).toBeNull();
    clock.now += 10 * MINUTE;
    expect(await codes.consume("user-1", second.code)).toBeNull();
    const third = await codes.issue("user-1");
    await codes.revoke("user-1");
    expect(await codes.consume("user-1", third.code)).toBeNull();
  });

  it("is worth nothing for another purpose, nor is a token of the same", async () => {
    const { codes, make, store } = houseOf();
    const tokens = createOneTimeTokens({ store, purpose: "second-factor", lifetime: "1h", now: () => NOW });
    const { token } = await tokens.issue("user-1");
    const { code } = await codes.issue("user-1");
    expect(await make({ purpose: "other" }).consume("user-1", code)).toBeNull();
    expect(await codes.consume("user-1", token)).toBeNull();
    expect(await tokens.consume(token)).not.toBeNull();
    expect(await codes.consume("user-1", code)).not.toBeNull();
  });

  it("has every digit at every place, equally often", async () => {
    const { codes } = houseOf();
    const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0));
    for (let round = 0; round < 6_000; round += 1) {
      const { code } = await codes.issue("user-1");
      for (const [place, digit] of [...code].entries()) tally(counts[place] as number[], Number(digit));
    }
    // 600 each are expected, and 6 standard deviations are 139.
    for (const count of counts.flat()) expect(Math.abs(count - 600)).toBeLessThan(140);
  });
});

describe("tries", () => {
  it("are used up by wrong codes, and then the right one is refused too", async () => {
    const { codes } = houseOf();
    const { code } = await codes.issue("user-1");
    for (let round = 0; round < 5; round += 1) expect(await codes.consume("user-1", wrong(code))).toBeNull();
    expect(await codes.consume("user-1", code)).toBeNull();
  });

  it("are five: the fifth may be the right one", async () => {
    const { codes } = houseOf();
    const { code } = await codes.issue("user-1");
    for (let round = 0; round < 4; round += 1) await codes.consume("user-1", wrong(code));
    expect(await codes.consume("user-1", code)).not.toBeNull();
  });

  it("do not begin anew with another code, nor when it is revoked, but after an hour", async () => {
    const { codes, clock } = houseOf();
    const tryWrong = async (): Promise<void> => {
      const { code } = await codes.issue("user-1");
      expect(await codes.consume("user-1", wrong(code))).toBeNull();
    };
    for (let round = 0; round < 5; round += 1) await tryWrong();
    await codes.revoke("user-1");
    clock.now += 60 * MINUTE - 1;
    const late = await codes.issue("user-1");
    expect(await codes.consume("user-1", late.code)).toBeNull();
    clock.now += 1;
    expect(await codes.consume("user-1", late.code)).not.toBeNull();
  });

  it("begin anew after the right code", async () => {
    const { codes } = houseOf({ tries: 2 });
    for (let round = 0; round < 10; round += 1) {
      const { code } = await codes.issue("user-1");
      await codes.consume("user-1", wrong(code));
      expect(await codes.consume("user-1", code)).not.toBeNull();
    }
  });

  it("last as long as a code that lasts longer than an hour", async () => {
    const { codes, clock } = houseOf({ lifetime: "2h", tries: 1 });
    const { code } = await codes.issue("user-1");
    await codes.consume("user-1", wrong(code));
    clock.now += 120 * MINUTE - 1;
    expect(await codes.consume("user-1", code)).toBeNull();
  });

  it.each([
    undefined,
    null,
    "",
    "12345",
    "1234567",
    "12345a",
    " 123456",
    "123456\n",
    "１２３４５６",
    123_456,
    ["123456"],
  ])("are not used up by %j, which is no code", async (code) => {
    const { make, store } = houseOf();
    const asked = make({ store: { ...store, countTry: () => Promise.reject(new Error("asked")) } });
    expect(await asked.consume("user-1", code)).toBeNull();
    for (const userId of [undefined, null, 7, "", "nul\0", "x".repeat(MEGABYTES)]) {
      expect(await asked.consume(userId, "123456")).toBeNull();
    }
  });

  it("are paid for before anything is looked at", async () => {
    const { store, make } = houseOf();
    const log: string[] = [];
    const watched: OneTimeStore = {
      ...store,
      countTry: (...args) => {
        log.push("countTry");
        return store.countTry(...args);
      },
      take: (digest) => {
        log.push("take");
        return store.take(digest);
      },
    };
    const codes = make({ store: watched });
    const { code } = await codes.issue("user-1");
    await codes.consume("user-1", wrong(code));
    await codes.consume("user-1", code);
    expect(log).toEqual(["countTry", "countTry", "take"]);
  });
});

it.each<readonly [object, RegExp]>([
  [{ digits: 5 }, /createOneTimeCodes: digits must be a whole number from 6 to 8/],
  [{ digits: 9 }, /digits must be/],
  [{ tries: 0 }, /tries must be a whole number from 1 to 10/],
  [{ tries: 11 }, /tries must be/],
  [{ lifetime: "2d" }, /createOneTimeCodes: lifetime must be a whole number of seconds from 1 to 86400/],
  [{ try: 3 }, /there is no option "try"/],
])("%j is refused", (options, why) => {
  expect(() => houseOf(options)).toThrow(why);
});

it("a code is consumed also where each of the store's two calls takes nearly as long as it may", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime"] });
  onTestFinished(() => void vi.useRealTimers());
  const inner = memoryOneTimeStore();
  const late = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
    new Promise((resolve) => setTimeout(() => resolve(answer), 1_900));
  const store: OneTimeStore = {
    ...inner,
    take: (digest) => late(inner.take(digest)),
    countTry: (...args) => late(inner.countTry(...args)),
  };
  const codes = createOneTimeCodes({ store, purpose: "slow" });
  const { code } = await codes.issue("user-1");
  const consumed = codes.consume("user-1", code);
  await vi.advanceTimersByTimeAsync(3_800);
  expect(await consumed).toMatchObject({ userId: "user-1" });
});

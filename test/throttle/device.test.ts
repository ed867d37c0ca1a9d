import { RateLimiterMemory } from "rate-limiter-flexible";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { issueToken } from "../../src/core/token/issue.ts";
import type { ThrottleOptions } from "../../src/login/throttle-options.ts";
import type { Credentials } from "../../src/stores/contract.ts";
import { codeOf, type House, houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";
import { profileOf } from "../support/tokens.ts";

const WRONG = { ...READER, password: "x" };
const NAT = { ip: "192.0.2.1" };
const limiter = (points: number) => new RateLimiterMemory({ points, duration: 900 });

const HASH = await passwords.hash(PASSWORD);

function guarded(): House & { readonly device: ReturnType<typeof profileOf>; readonly throttle: ThrottleOptions } {
  const clock = { now: 1_800_000_000_000 };
  const device = profileOf(undefined, { typ: "device+jwt", expiresIn: "180d", now: () => clock.now });
  const throttle: ThrottleOptions = { account: limiter(3), address: limiter(1_000), device };
  return { ...houseOf({ clock, more: { throttle } }), device, throttle };
}

async function attack({ auth }: House, times = 5): Promise<unknown> {
  let last: unknown;
  for (let time = 0; time < times; time += 1) last = await codeOf(auth.login(WRONG, NAT));
  return last;
}

describe("a device that its user has logged in from", () => {
  it("is not kept out by whoever guesses, from its own address too", async () => {
    const house = guarded();
    const { deviceToken, deviceExpiresIn } = await house.auth.login(READER, NAT);
    expect(deviceExpiresIn).toBe(180 * 86_400);
    expect(await attack(house)).toBe("too_many_attempts");
    expect(await codeOf(house.auth.login(READER, { ...NAT, deviceToken }))).toBe("ok");
    expect(await codeOf(house.auth.login(READER, { ...NAT, deviceToken: ["x", deviceToken] }))).toBe("ok");
    expect(await codeOf(house.auth.login(READER, NAT))).toBe("too_many_attempts");
  });

  it("has a count of its own, which its next tokens carry on", async () => {
    const house = guarded();
    const first = (await house.auth.login(READER, NAT)).deviceToken;
    const second = (await house.auth.login(READER, { ...NAT, deviceToken: first })).deviceToken;
    const codes = [];
    for (const deviceToken of [first, second, first, second, first]) {
      codes.push(await codeOf(house.auth.login(WRONG, { ...NAT, deviceToken })));
    }
    expect(codes).toEqual([...Array(3).fill("invalid_credentials"), "too_many_attempts", "too_many_attempts"]);
    expect(await codeOf(house.auth.login(READER, NAT))).toBe("ok");
  });

  it("takes back its own attempt with a good login", async () => {
    const house = guarded();
    const { deviceToken } = await house.auth.login(READER, NAT);
    for (let time = 0; time < 6; time += 1) {
      expect(await codeOf(house.auth.login(READER, { ...NAT, deviceToken }))).toBe("ok");
    }
  });

  it("has its tokens opened for a user who does not exist too, so that the time tells nobody", async () => {
    let opened = 0;
    const clock = { now: 1_800_000_000_000 };
    const now = () => {
      opened += 1;
      return clock.now;
    };
    const device = profileOf(undefined, { typ: "device+jwt", now, cacheSize: 0 });
    const throttle = { account: limiter(100), address: limiter(100), device };
    const { auth } = houseOf({ clock, more: { throttle } });
    const theirs = await issueToken({ sub: "user-2", sid: "d" }, device);
    const countFor = async (login: string, deviceToken: unknown): Promise<number> => {
      opened = 0;
      await codeOf(auth.login({ ...WRONG, login }, { ...NAT, deviceToken }));
      return opened;
    };
    const own = (await auth.login(READER, NAT)).deviceToken;
    for (const sent of [[theirs, theirs, theirs], [own, theirs], own]) {
      expect(await countFor("reader", sent)).toBe(2 * [sent].flat().length);
      expect(await countFor("nobody", sent)).toBe(2 * [sent].flat().length);
    }
  });

  it("counts no more once the password was changed, but for the one that changed it", async () => {
    const house = guarded();
    const hoarded = (await house.auth.login(READER, NAT)).deviceToken;
    const mine = (await house.auth.login(READER, NAT)).deviceToken;
    house.clock.now += 1_000;
    const change = { ...READER, newPassword: "another horse" };
    const { deviceToken } = await house.auth.changePassword(change, { ...NAT, deviceToken: mine });
    await attack(house);
    const login = { login: "reader", password: "another horse" };
    expect(await codeOf(house.auth.login(login, { ...NAT, deviceToken: hoarded }))).toBe("too_many_attempts");
    expect(await codeOf(house.auth.login(login, { ...NAT, deviceToken: mine }))).toBe("too_many_attempts");
    expect(await codeOf(house.auth.login(login, { ...NAT, deviceToken }))).toBe("ok");
  });

  it("counts no more after its token's time", async () => {
    const house = guarded();
    const { deviceToken } = await house.auth.login(READER, NAT);
    house.clock.now += 180 * 86_400_000;
    await attack(house);
    expect(await codeOf(house.auth.login(READER, { ...NAT, deviceToken }))).toBe("too_many_attempts");
  });
});

it.each<readonly [string, (house: ReturnType<typeof guarded>) => Promise<unknown>]>([
  ["somebody else's", ({ device }) => issueToken({ sub: "user-2", sid: "x", password_changed_at: null }, device)],
  ["one without a device", ({ device }) => issueToken({ sub: "user-1", password_changed_at: null }, device)],
  ["one without the password's date", ({ device }) => issueToken({ sub: "user-1", sid: "x" }, device)],
  ["an access token", async ({ auth }) => (await auth.login(READER, NAT)).accessToken],
  ["no token", async () => "x"],
  ["no text", async () => ({ toString: () => "x" })],
  ["nothing", async () => null],
  ["the fifth of many", async ({ auth }) => ["1", "2", "3", "4", (await auth.login(READER, NAT)).deviceToken]],
])("%s is no device token, and no reason to refuse", async (_what, make) => {
  const house = guarded();
  const deviceToken = await make(house);
  expect(await codeOf(house.auth.login(READER, { ...NAT, deviceToken }))).toBe("ok");
  await attack(house);
  expect(await codeOf(house.auth.login(READER, { ...NAT, deviceToken }))).toBe("too_many_attempts");
});

describe("a user of whom nobody knows when the password changed", () => {
  const findCredentials = async (): Promise<Credentials> => ({ user: { id: "user-1" }, passwordHash: HASH });
  const forgetful = (house: ReturnType<typeof guarded>) =>
    houseOf({ like: house, users: { findCredentials }, more: { throttle: house.throttle } });

  it("is given no device token, of which there could be any number, and the process is warned once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const { auth } = forgetful(guarded());
    for (let time = 0; time < 2; time += 1) {
      const result = await auth.login(READER, NAT);
      expect(result).not.toHaveProperty("deviceToken");
      expect(result).not.toHaveProperty("deviceExpiresIn");
    }
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/throttle\.device.*passwordChangedAt.*null/)]]);
  });

  it("is not recognised by a device token of before", async () => {
    const house = guarded();
    const { deviceToken } = await house.auth.login(READER, NAT);
    await attack(house);
    expect(await codeOf(forgetful(house).auth.login(READER, { ...NAT, deviceToken }))).toBe("too_many_attempts");
  });
});

it("a user whose password never changed is given a device token", async () => {
  const { auth, users } = guarded();
  expect(await users.findById("user-1")).toEqual({ id: "user-1", passwordChangedAt: null });
  expect((await auth.login(READER, NAT)).deviceToken).toBeTypeOf("string");
});

it("a device token lets nobody in", async () => {
  const { auth } = guarded();
  const { deviceToken } = await auth.login(READER, NAT);
  expect(await codeOf(auth.authenticate(`Bearer ${deviceToken}`))).toBe("invalid_token");
});

it("a clock of the device profile that tells no time is a mistake, and no refusal", async () => {
  const clock = { now: 1_800_000_000_000 };
  const device = profileOf(undefined, { typ: "device+jwt", now: () => clock.now });
  const throttle: ThrottleOptions = { account: limiter(3), address: limiter(1_000), device };
  const { auth } = houseOf({ more: { throttle } });
  const { deviceToken } = await auth.login({ login: "reader", password: PASSWORD }, NAT);
  clock.now = Number.NaN;
  expect(await codeOf(auth.login(READER, { ...NAT, deviceToken }))).toBeInstanceOf(TypeError);
});

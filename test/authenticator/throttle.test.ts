import { RateLimiterMemory } from "rate-limiter-flexible";
import { describe, expect, it } from "vitest";
import { type AuthenticatorOptions, createAuthenticator } from "../../src/authenticator/create.ts";
import type { Limiter, ThrottleOptions } from "../../src/authenticator/throttle.ts";
import { AuthError } from "../../src/core/errors.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, OUTAGES, PASSWORD, passwords, READER } from "../support/flow.ts";
import { profileOf } from "../support/tokens.ts";

const HASH = await passwords.hash(PASSWORD);
const WRONG = { ...READER, password: "x" };
const HERE = { ip: "192.0.2.1" };
const THERE = { ip: "198.51.100.1" };

const limiter = (points: number, duration = 900): RateLimiterMemory => new RateLimiterMemory({ points, duration });

function throttled(change: Partial<ThrottleOptions> = {}, more: object = {}) {
  const users = memoryUsers();
  for (const name of ["reader", "other"]) users.add({ login: name, passwordHash: HASH, user: { id: name } });
  const throttle = { account: limiter(3), address: limiter(20), ...change };
  return createAuthenticator({ token: profileOf(), users, passwords, throttle, storeTimeoutMs: 60, ...more });
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (let time = 0; time < times; time += 1) codes.push(await codeOf(work()));
  return codes;
}

describe("attempts at an account", () => {
  it("are counted, and answered with the time to wait", async () => {
    const auth = throttled();
    expect(await repeat(3, () => auth.login(WRONG, HERE))).toEqual(Array(3).fill("invalid_credentials"));
    const error = await auth.login(READER, HERE).catch((it) => it as AuthError);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code: "too_many_attempts", status: 429, headers: { "Retry-After": "900" } });
    expect(await codeOf(auth.login({ ...READER, login: "other" }, HERE))).toBe("ok");
  });

  it("count alike for a user who does not exist, in any spelling", async () => {
    const auth = throttled();
    const names = ["nobody", "Nobody", " NOBODY ", "ｎobody"];
    const codes = [];
    for (const login of names) codes.push(await codeOf(auth.login({ login, password: "x" }, HERE)));
    expect(codes).toEqual([...Array(3).fill("invalid_credentials"), "too_many_attempts"]);
  });

  it("are forgotten after a good login", async () => {
    const auth = throttled();
    for (let round = 0; round < 3; round += 1) {
      expect(await repeat(2, () => auth.login(WRONG, HERE))).toEqual(Array(2).fill("invalid_credentials"));
      expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
    }
  });

  it("are counted before any hashing, a hundred at once too", async () => {
    let hashed = 0;
    const counting = {
      ...passwords,
      compare: (...args: Parameters<typeof passwords.compare>) => {
        hashed += 1;
        return passwords.compare(...args);
      },
    };
    const auth = throttled({ address: limiter(1_000) }, { passwords: counting });
    await Promise.all(Array.from({ length: 100 }, () => codeOf(auth.login(WRONG, HERE))));
    expect(hashed).toBe(3);
  });

  it("are not begun by what is no login", async () => {
    const auth = throttled();
    await repeat(5, () => auth.login({ login: "reader", password: "" }, HERE));
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
  });

  it("count for a change of password too", async () => {
    const auth = throttled(
      {},
      { blocklist: { revokeToken() {}, revokeSession() {}, revokeUser() {}, isRevoked: () => false } },
    );
    const change = { ...WRONG, newPassword: "y" };
    const codes = await repeat(4, () =>
      (auth as never as { changePassword: typeof auth.login }).changePassword(change, HERE),
    );
    expect(codes.at(-1)).toBe("too_many_attempts");
  });
});

describe("attempts from an address", () => {
  const many = (auth: ReturnType<typeof throttled>, ip: (at: number) => string | undefined) =>
    Promise.all(
      Array.from({ length: 21 }, (_, at) =>
        codeOf(auth.login({ login: `nobody-${at}`, password: "x" }, { ip: ip(at) })),
      ),
    );

  it.each<readonly [string, (at: number) => string | undefined]>([
    ["one address", () => "192.0.2.1"],
    ["one /64", (at) => `2001:db8:0:1:${at.toString(16)}::1`],
    ["one address in two families", (at) => (at % 2 === 0 ? "192.0.2.1" : "::ffff:192.0.2.1")],
    ["no address", () => undefined],
    ["what is no address", (at) => `x${at}`],
  ])("%s are counted together", async (_what, ip) => {
    expect((await many(throttled(), ip)).filter((code) => code === "too_many_attempts").length).toBe(1);
  });

  it("others are counted apart", async () => {
    const codes = await many(throttled(), (at) => `2001:db8:0:${at.toString(16)}::1`);
    expect(new Set(codes)).toEqual(new Set(["invalid_credentials"]));
  });

  it("the client's own word on it is not taken", async () => {
    const auth = throttled();
    const codes = [];
    for (let at = 0; at < 21; at += 1) {
      codes.push(await codeOf(auth.login({ login: `nobody-${at}`, password: "x", ip: `192.0.2.${at}` }, THERE)));
    }
    expect(codes.at(-1)).toBe("too_many_attempts");
  });
});

describe("an attacker who goes on guessing", () => {
  const attack = (auth: ReturnType<typeof throttled>) => repeat(10, () => auth.login(WRONG, THERE));

  it("does not lock the user out of where the user has logged in before", async () => {
    const auth = throttled({ known: limiter(1_000, 20 * 86_400), address: limiter(1_000) });
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
    expect((await attack(auth)).at(-1)).toBe("too_many_attempts");
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
    // Nor does the user's good login give the attacker anything back.
    expect(new Set(await attack(auth))).toEqual(new Set(["too_many_attempts"]));
    // From a known address, too, there are only so many attempts.
    expect((await repeat(4, () => auth.login(WRONG, HERE))).at(-1)).toBe("too_many_attempts");
  });

  it("does, without such a memory, for as long as it lasts", async () => {
    const auth = throttled({ address: limiter(1_000) });
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
    await attack(auth);
    expect(await codeOf(auth.login(READER, HERE))).toBe("too_many_attempts");
  });

  it("does not end the wait by waiting: it ends by itself", async () => {
    const auth = throttled({ account: limiter(3, 1), address: limiter(1_000) });
    expect((await attack(auth)).at(-1)).toBe("too_many_attempts");
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
  });
});

describe.each(["account", "address", "known"] as const)("the %s limiter", (name) => {
  const working = { account: limiter(100), address: limiter(100), known: limiter(100) };
  const failing = (broken: () => never): Limiter => ({ consume: broken, get: broken, delete: broken });

  it.each(OUTAGES)("that %s is an outage, unless the application says to allow", async (_how, broken) => {
    const down = { ...working, [name]: failing(broken) };
    expect(await codeOf(throttled(down).login(READER, HERE))).toBe("unavailable");
    const open = { ...down, onOutage: "allow" as const };
    expect(await codeOf(throttled(open).login(READER, HERE))).toBe("ok");
    expect(await codeOf(throttled(open).login(WRONG, HERE))).toBe("invalid_credentials");
  });
});

describe("clearing the count", () => {
  it.each(OUTAGES)("that %s does not fail the login", async (_how, broken) => {
    const account = limiter(100);
    const stuck: Limiter = { consume: (key) => account.consume(key), get: (key) => account.get(key), delete: broken };
    const known = { consume: broken, get: async () => null, delete: broken };
    expect(await codeOf(throttled({ account: stuck, known }).login(READER, HERE))).toBe("ok");
  });
});

it.each<readonly [unknown, string]>([
  [{ msBeforeNext: 1 }, "1"],
  [{ msBeforeNext: 1_001 }, "2"],
  [{ msBeforeNext: 0 }, "1"],
  [{ msBeforeNext: -1 }, "1"],
  [{ msBeforeNext: Number.POSITIVE_INFINITY }, "86400"],
])("a limiter that rejects with %j makes wait", async (rejection, retryAfter) => {
  const account = {
    ...limiter(1),
    consume: () => Promise.reject(rejection),
    get: async () => null,
    delete: async () => true,
  };
  const error = await throttled({ account })
    .login(READER, HERE)
    .catch((it) => it);
  expect(error).toMatchObject({ status: 429, headers: { "Retry-After": retryAfter } });
});

it.each([undefined, null, {}, { msBeforeNext: "1" }, { msBeforeNext: Number.NaN }, new Error("down")])(
  "a limiter that rejects with %o is down",
  async (rejection) => {
    const account = { consume: () => Promise.reject(rejection), get: async () => null, delete: async () => true };
    expect(await codeOf(throttled({ account }).login(READER, HERE))).toBe("unavailable");
  },
);

it.each<readonly [object, RegExp]>([
  [{}, /throttle: account must be an object with the methods consume, get, delete/],
  [{ account: limiter(1) }, /throttle: address must be an object/],
  [{ account: limiter(1), address: limiter(1), known: {} }, /throttle: known must be an object/],
  [{ account: limiter(1), address: limiter(1), onOutage: "open" }, /onOutage must be "refuse" or "allow"/],
  [{ account: limiter(1), address: limiter(1), acount: 1 }, /throttle: there is no option "acount"/],
])("createAuthenticator refuses throttle: %o", (throttle, why) => {
  const options = { token: profileOf(), users: memoryUsers(), throttle } as AuthenticatorOptions;
  expect(() => createAuthenticator(options)).toThrow(why);
});

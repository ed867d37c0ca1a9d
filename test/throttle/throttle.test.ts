import { RateLimiterMemory } from "rate-limiter-flexible";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { AuthenticatorOptions } from "../../src/authenticator/options.ts";
import { AuthError } from "../../src/core/errors.ts";
import {
  defineToken,
  generateKey,
  importKey,
  keyRing,
  publicJwks,
  type SigningKey,
  trustIssuer,
} from "../../src/index.ts";
import type { Limiter, ThrottleOptions } from "../../src/login/throttle-options.ts";
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
  for (const name of ["reader", "READER", "other"]) users.add({ login: name, passwordHash: HASH, user: { id: name } });
  const throttle = { account: limiter(3), address: limiter(20), ...change };
  return createAuthenticator({ token: profileOf(), users, passwords, throttle, storeTimeoutMs: 60, ...more });
}

const ONE = limiter(1);
const PUBLIC = publicJwks(await importKey(await generateKey("Ed25519")).then((key) => keyRing(key as SigningKey)))
  .keys[0];
const VERIFYING = defineToken({
  keys: await importKey(PUBLIC as never),
  issuer: null,
  audience: null,
  typ: "device+jwt",
});

async function repeat(times: number, work: () => Promise<unknown>): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (let time = 0; time < times; time += 1) codes.push(await codeOf(work()));
  return codes;
}

describe("attempts at an account", () => {
  it("are counted, and answered with a time to wait", async () => {
    const auth = throttled();
    expect(await repeat(3, () => auth.login(WRONG, HERE))).toEqual(Array(3).fill("invalid_credentials"));
    const error = await auth.login(READER, HERE).catch((it) => it as AuthError);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code: "too_many_attempts", status: 429, headers: { "Retry-After": "60" } });
    expect(await codeOf(auth.login({ ...READER, login: "other" }, HERE))).toBe("ok");
  });

  it("are refused alike whether somebody logged in within the window or not", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const auth = throttled({ address: limiter(1_000) });
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
    vi.setSystemTime(Date.now() + 600_000);
    const refusals = [];
    for (const login of ["reader", "other", "nobody"]) {
      await repeat(3, () => auth.login({ login, password: "x" }, THERE));
      refusals.push(
        await auth.login({ login, password: "x" }, THERE).catch(({ code, headers }) => ({ code, headers })),
      );
    }
    const refusal = { code: "too_many_attempts", headers: { "Retry-After": "60" } };
    expect(refusals).toEqual([refusal, refusal, refusal]);
  });

  it("count alike for a user who does not exist, in any spelling", async () => {
    const auth = throttled();
    const names = ["nobody", "Nobody", " NO BODY\t", "ｎobody"];
    const codes = [];
    for (const login of names) codes.push(await codeOf(auth.login({ login, password: "x" }, HERE)));
    expect(codes).toEqual([...Array(3).fill("invalid_credentials"), "too_many_attempts"]);
  });

  it("of a good login are taken back, and no others", async () => {
    const auth = throttled();
    expect(await repeat(2, () => auth.login(WRONG, HERE))).toEqual(Array(2).fill("invalid_credentials"));
    expect(await repeat(5, () => auth.login(READER, HERE))).toEqual(Array(5).fill("ok"));
    expect(await repeat(2, () => auth.login(WRONG, HERE))).toEqual(["invalid_credentials", "too_many_attempts"]);
  });

  it("are not taken back by somebody whose login is much the same", async () => {
    const auth = throttled({ address: limiter(1_000) });
    const guesses = [];
    for (let round = 0; round < 20; round += 1) {
      await codeOf(auth.login({ ...READER, login: "READER" }, THERE)); // the attacker's own account
      guesses.push(await codeOf(auth.login(WRONG, THERE)));
    }
    expect(guesses.filter((code) => code === "invalid_credentials").length).toBe(3);
  });

  it("are counted by the user that the store finds, however the login is written", async () => {
    const users = { ...memoryUsers(), findCredentials: async () => ({ user: { id: "reader" }, passwordHash: HASH }) };
    const auth = throttled({ address: limiter(1_000) }, { users });
    const codes = [];
    for (let at = 0; at < 42; at += 1)
      codes.push(await codeOf(auth.login({ login: `alias-${at}`, password: "x" }, THERE)));
    expect(codes.filter((code) => code === "invalid_credentials").length).toBe(3);
  });

  it.each([
    ["READER", "reader"],
    ["reader", "reader "],
    ["reader", "rea\u00ader"],
    ["reader", "rea\u200bder"],
    ["r\u00e9ader", "reader"],
  ])("don't tell whether %j and %j are anybody's", async (first, second) => {
    const sequence = async (of: (login: string) => string): Promise<unknown[]> => {
      const auth = throttled({ address: limiter(1_000) });
      const codes = await repeat(3, () => auth.login({ login: of(first), password: "x" }, THERE));
      return [...codes, ...(await repeat(2, () => auth.login({ login: of(second), password: "x" }, THERE)))];
    };
    expect(await sequence((it) => it)).toEqual(await sequence((it) => it.replace(/^r/i, "nobody-r")));
  });

  it("are as many calls of the limiter for a user as for nobody", async () => {
    const calls: string[] = [];
    const account: Limiter = { consume: async () => calls.push("consume"), reward: async () => calls.push("reward") };
    const auth = throttled({ account });
    await codeOf(auth.login(WRONG, HERE));
    const forUser = calls.splice(0);
    await codeOf(auth.login({ ...WRONG, login: "nobody" }, HERE));
    expect(calls).toEqual(forUser);
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

  it("count twice for a change of password, which tries two", async () => {
    const auth = throttled(
      {},
      { blocklist: { revokeToken() {}, revokeSession() {}, revokeUser() {}, isRevoked: () => false } },
    );
    const change = { ...WRONG, newPassword: "y" };
    const codes = await repeat(2, () =>
      (auth as never as { changePassword: typeof auth.login }).changePassword(change, HERE),
    );
    expect(codes).toEqual(["invalid_credentials", "too_many_attempts"]);
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

  it("keeps the user out for as long as it lasts, and it ends by itself", async () => {
    const auth = throttled({ account: limiter(3, 1), address: limiter(1_000) });
    expect((await attack(auth)).at(-1)).toBe("too_many_attempts");
    expect(await codeOf(auth.login(READER, HERE))).toBe("too_many_attempts");
    vi.useFakeTimers({ now: Date.now() + 1_100, toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await codeOf(auth.login(READER, HERE))).toBe("ok");
  });
});

describe.concurrent.each(["account", "address"] as const)("the %s limiter", (name) => {
  const working = { account: limiter(100), address: limiter(100) };
  const failing = (broken: () => never): Limiter => ({ consume: broken, reward: broken });

  it.each([...OUTAGES, ["answers no promise", (() => undefined) as () => never]] as const)(
    "that %s is an outage, unless the application says to allow",
    async (_how, broken) => {
      const down = { ...working, [name]: failing(broken) };
      expect(await codeOf(throttled(down).login(READER, HERE))).toBe("unavailable");
      const open = { ...down, onOutage: "allow" as const };
      expect(await codeOf(throttled(open).login(READER, HERE))).toBe("ok");
      expect(await codeOf(throttled(open).login(WRONG, HERE))).toBe("invalid_credentials");
    },
  );
});

it("a limiter that is down is asked once by a login that may go on without, and so is no other", async () => {
  let asked = 0;
  const down = {
    consume: () => {
      asked += 1;
      return Promise.reject(new Error("down"));
    },
    reward: () => down.consume(),
  };
  const auth = throttled({ account: down, address: { ...down }, onOutage: "allow" });
  expect([await codeOf(auth.login(READER, HERE)), asked]).toEqual(["ok", 1]);
});

describe.concurrent("taking an attempt back", () => {
  it.each(OUTAGES)("that %s does not fail the login", async (_how, broken) => {
    const account = limiter(100);
    const stuck: Limiter = { consume: (key) => account.consume(key), reward: broken };
    expect(await codeOf(throttled({ account: stuck }).login(READER, HERE))).toBe("ok");
  });
});

it.each<readonly [unknown, string]>([
  [{ msBeforeNext: 1 }, "1"],
  [{ msBeforeNext: 1_001 }, "2"],
  [{ msBeforeNext: 0 }, "1"],
  [{ msBeforeNext: -1 }, "1"],
  [{ msBeforeNext: Number.POSITIVE_INFINITY }, "86400"],
])(
  "an address limiter that rejects with %j makes wait, and the account limiter for a minute",
  async (rejection, wait) => {
    const full: Limiter = { consume: () => Promise.reject(rejection), reward: async () => true };
    const byAddress = await throttled({ address: full })
      .login(READER, HERE)
      .catch((it) => it);
    expect(byAddress).toMatchObject({ status: 429, headers: { "Retry-After": wait } });
    const byAccount = await throttled({ account: full })
      .login(READER, HERE)
      .catch((it) => it);
    expect(byAccount).toMatchObject({ status: 429, headers: { "Retry-After": "60" } });
  },
);

it.each([undefined, null, {}, { msBeforeNext: "1" }, { msBeforeNext: Number.NaN }, new Error("down")])(
  "a limiter that rejects with %o is down",
  async (rejection) => {
    const account = { consume: () => Promise.reject(rejection), reward: async () => true };
    expect(await codeOf(throttled({ account }).login(READER, HERE))).toBe("unavailable");
  },
);

/** Limiters that keep their counts in one store, as those of rate-limiter-flexible do. */
const STORE = {};
const COUNTING = { consume: async () => null, reward: async () => null };
const sharing = (keyPrefix: string, rest: object = {}) => ({ ...COUNTING, keyPrefix, client: STORE, ...rest });

it.each<readonly [string, object, object]>([
  ["other prefixes", sharing("account"), sharing("address")],
  ["other clients", sharing("rlflx"), sharing("rlflx", { client: {} })],
  ["other tables", sharing("rlflx", { tableName: "accounts" }), sharing("rlflx", { tableName: "addresses" })],
  ["no client, as those in memory", { ...COUNTING, keyPrefix: "rlflx" }, { ...COUNTING, keyPrefix: "rlflx" }],
  [
    "a prefix that can't be read",
    sharing("rlflx"),
    Object.defineProperty(sharing("rlflx"), "keyPrefix", {
      get() {
        throw new Error("not implemented");
      },
    }),
  ],
])("createAuthenticator takes limiters with %s", (_what, account, address) => {
  expect(() => throttled({ account: account as Limiter, address: address as Limiter })).not.toThrow();
});

it.each<readonly [object, RegExp]>([
  [{}, /throttle: account is missing; account and address are both needed/],
  [{ account: limiter(1) }, /throttle: address is missing; account and address are both needed/],
  [{ address: limiter(1) }, /throttle: account is missing; account and address are both needed/],
  [{ account: limiter(1), address: {} }, /throttle: address must be an object with the methods consume, reward/],
  [{ account: ONE, address: ONE }, /throttle: account and address are one limiter.*give each a limiter of its own/],
  [
    { account: sharing("rlflx"), address: sharing("rlflx") },
    /throttle: account and address count under one keyPrefix of one client: give each its own/,
  ],
  [limiter(1), /throttle takes \{ account, address \}: two limiters/],
  [{ account: limiter(1), address: limiter(1), known: {} }, /throttle: there is no option "known"/],
  [{ account: limiter(1), address: limiter(1), device: {} }, /throttle: device must be a profile made by defineToken/],
  [
    {
      account: limiter(1),
      address: limiter(1),
      device: trustIssuer("https://a.example/", { audience: "a", typ: "d" }),
    },
    /throttle: device needs a profile whose first key signs/,
  ],
  [{ account: limiter(1), address: limiter(1), device: profileOf() }, /throttle: device needs a typ that no other/],
  [
    { account: limiter(1), address: limiter(1), device: profileOf(undefined, { typ: "application/AT+JWT" }) },
    /device needs a typ/,
  ],
  [{ account: limiter(1), address: limiter(1), device: profileOf(undefined, { typ: null }) }, /device needs a typ/],
  [{ account: limiter(1), address: limiter(1), device: VERIFYING }, /device needs a profile whose first key signs/],
  [{ account: limiter(1), address: limiter(1), onOutage: "open" }, /onOutage must be "refuse" or "allow"/],
  [{ account: limiter(1), address: limiter(1), acount: 1 }, /throttle: there is no option "acount"/],
])("createAuthenticator refuses throttle: %o", (throttle, why) => {
  const options = { token: profileOf(), users: memoryUsers(), throttle } as AuthenticatorOptions;
  expect(() => createAuthenticator(options)).toThrow(why);
});

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { AuthError } from "../../src/core/errors.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { GuardOptions } from "../../src/guard/options.ts";
import type { OutageContext } from "../../src/store-calls/outage.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { APPS } from "../adapters/apps.ts";
import { exchange } from "../adapters/exchange.ts";
import { type Changes, codeOf, houseOf, OUTAGES, PASSWORD, passwords, READER } from "../support/flow.ts";
import { CLAIMS, NOW, profileOf, signed } from "../support/tokens.ts";

type Told = readonly [error: AuthError, context: OutageContext];

/** A listener, and what it was told. */
function listening(): { readonly told: Told[]; readonly onOutage: (...all: Told) => void } {
  const told: Told[] = [];
  return { told, onOutage: (...all) => void told.push(all) };
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "ok",
    (error) => error,
  );
const header = `Bearer ${signed({ ...CLAIMS, jti: "t", sid: "s" })}`;
const down = new Error("connect ECONNREFUSED 10.0.0.7, password=hunter2");
const isDown = async (): Promise<never> => {
  throw down;
};
const LOGIN = { login: READER.login, password: PASSWORD, newPassword: "another one" };

/** Each verb, which call of a store fails it, and how it is called. */
type House = ReturnType<typeof houseOf>;
type Case = readonly [verb: string, call: string, work: (auth: House["auth"], good: Good) => Promise<unknown>];
interface Good {
  readonly refreshToken: string;
  readonly accessToken: string;
}
const CASES: readonly Case[] = [
  ["authenticate", "blocklist.isRevoked", (auth, { accessToken }) => auth.authenticate(`Bearer ${accessToken}`)],
  [
    "authenticate",
    "blocklist.isRevoked",
    (auth, { accessToken }) => auth.authenticateOptional(`Bearer ${accessToken}`),
  ],
  ["login", "users.findCredentials", (auth) => auth.login(LOGIN)],
  ["login", "blocklist.revokedUpTo", (auth) => auth.login(LOGIN)],
  ["login", "refresh.endings", (auth) => auth.login(LOGIN)],
  ["login", "refresh.startSession", (auth) => auth.login(LOGIN)],
  ["changePassword", "users.replacePasswordHash", (auth) => auth.changePassword(LOGIN)],
  ["changePassword", "blocklist.revokeUser", (auth) => auth.changePassword(LOGIN)],
  ["refresh", "users.findById", (auth, { refreshToken }) => auth.refresh(refreshToken)],
  ["refresh", "refresh.replaceSession", (auth, { refreshToken }) => auth.refresh(refreshToken)],
  ["logout", "refresh.endSession", async (auth) => auth.logout(await createGuard({ token }).authenticate(header))],
  ["logout", "blocklist.revokeSession", async (auth) => auth.logout(await createGuard({ token }).authenticate(header))],
  ["logoutEverywhere", "blocklist.revokeUser", (auth) => auth.logoutEverywhere("user-1")],
  ["logoutByRefreshToken", "refresh.findSession", (auth, good) => auth.logoutByRefreshToken(good.refreshToken)],
  ["logoutSession", "refresh.endSession", (auth) => auth.logoutSession("user-1", "s")],
  ["sessions", "refresh.sessions", (auth) => auth.sessions("user-1")],
];
const token = profileOf();

/** A node of the house, of which one method of one store does something else. */
function broken(like: House, call: string, method: () => unknown, more: object): House {
  const [store, name] = call.split(".") as [string, string];
  const place = { users: "users", blocklist: "blocklist", refresh: "store" }[store] as "users";
  return houseOf({ like, [place]: { [name]: method }, more } as Changes);
}

describe("onOutage is told once of each request that is refused with 503", () => {
  describe.concurrent.each(CASES)("%s, by %s", (operation, call, work) => {
    it.each(OUTAGES)("that %s", async (how, method) => {
      const house = houseOf();
      const good = await house.auth.login(READER);
      const { told, onOutage } = listening();
      const error = await caught(work(broken(house, call, method, { onOutage }).auth, good));
      expect(told).toEqual([
        [error, { operation, call, refused: true, durationMs: expect.toSatisfy((ms: number) => ms >= 0) }],
      ]);
      expect(told[0]?.[0]).toBe(error);
      expect(error).toMatchObject({ code: "unavailable", headers: { "Retry-After": "5" } });
      const why = how === "hangs" ? `${call} did not answer within 60 ms` : "boo";
      expect(error).toMatchObject({ cause: { message: why } });
    });

    it("is not told where nothing is down", async () => {
      const house = houseOf();
      const good = await house.auth.login(READER);
      const { told, onOutage } = listening();
      await work(houseOf({ like: house, more: { onOutage } }).auth, good);
      expect(told).toEqual([]);
    });
  });

  it("by an answer that its contract does not know, and one that can't be read", async () => {
    const unreadable = Object.defineProperty({}, "user", {
      get: () => {
        throw down;
      },
    });
    for (const answer of [7, unreadable]) {
      const { told, onOutage } = listening();
      const { auth } = houseOf({ users: { findCredentials: () => answer as never }, more: { onOutage } });
      expect(await codeOf(auth.login(READER))).toBe("unavailable");
      expect(told.map(([, context]) => context.call)).toEqual(["users.findCredentials"]);
    }
  });

  it("by a store that answers at once", async () => {
    const { told, onOutage } = listening();
    for (const isRevoked of [() => "no", down.toString.bind(null)]) {
      const blocklist = { ...memoryBlocklist(), isRevoked: isRevoked as never };
      expect(await codeOf(createGuard({ token, blocklist, onOutage }).authenticate(header))).toBe("unavailable");
    }
    const context = { operation: "authenticate", call: "blocklist.isRevoked", refused: true, durationMs: 0 };
    expect(told.map(([, given]) => given)).toEqual([context, context]);
  });

  it("by a schema that takes too long", async () => {
    const { told, onOutage } = listening();
    const claims = { "~standard": { version: 1, vendor: "test", validate: () => new Promise(() => {}) } };
    const slow = profileOf(undefined, { schema: claims } as object);
    const guard = createGuard({ token: slow, storeTimeoutMs: 20, onOutage });
    expect(await codeOf(guard.authenticate(header))).toBe("unavailable");
    const { auth } = houseOf({ more: { token: slow, requestTimeoutMs: 300, onOutage } as object });
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
    expect(told.map(([, { operation, call }]) => [operation, call])).toEqual([
      ["authenticate", "the claims' schema"],
      ["login", "the claims' schema"],
    ]);
  });

  it("by the application's claims", async () => {
    const { told, onOutage } = listening();
    expect(await codeOf(houseOf({ more: { claims: isDown, onOutage } }).auth.login(READER))).toBe("unavailable");
    expect(told).toMatchObject([[{ cause: down }, { operation: "login", call: "claims" }]]);
  });

  it("where the request has no time left", async () => {
    const { told, onOutage } = listening();
    const house = houseOf();
    const findById = async (id: string) => {
      await sleep(80);
      return house.users.findById(id);
    };
    const { refreshToken } = await house.auth.login(READER);
    const more = { onOutage, requestTimeoutMs: 60, storeTimeoutMs: 60 };
    expect(await codeOf(houseOf({ like: house, users: { findById }, more }).auth.refresh(refreshToken))).toBe(
      "unavailable",
    );
    expect(told).toHaveLength(1);
  });

  it("where the hashing queue is full, which is no call of a store", async () => {
    const { told, onOutage } = listening();
    const full = createPasswordHasher({ memoryCost: 64, timeCost: 1, maxConcurrent: 1, maxQueue: 0 });
    const { auth } = houseOf({ more: { passwords: full, onOutage } });
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(auth.login(READER))));
    const refused = codes.filter((code) => code === "overloaded");
    expect(refused.length).toBeGreaterThan(0);
    expect(told.map(([{ code }, context]) => [code, context])).toEqual(
      refused.map((code) => [code, { operation: "login", refused: true }]),
    );
  });

  it("and of nothing else", async () => {
    const { told, onOutage } = listening();
    const { auth } = houseOf({ more: { onOutage } });
    const refusals = [
      auth.authenticate("Bearer x"),
      auth.authenticate(undefined),
      auth.login({}),
      auth.login({ ...READER, password: "wrong" }),
      auth.refresh("x"),
    ];
    expect(await Promise.all(refusals.map(codeOf))).not.toContain("ok");
    await expect(auth.logoutEverywhere("")).rejects.toThrow(TypeError);
    await expect(
      createGuard({ token: profileOf(undefined, { now: () => Number.NaN }), onOutage }).authenticate(header),
    ).rejects.toThrow(TypeError);
    expect(told).toEqual([]);
  });
});

describe("onOutage is told once of each request that went on without what was down", () => {
  const limiter = { consume: async () => null, reward: async () => null };

  it("a throttle that lets everybody in", async () => {
    const { told, onOutage } = listening();
    const throttle = { account: { ...limiter, consume: isDown }, address: { ...limiter, consume: isDown } };
    const { auth } = houseOf({ more: { throttle: { ...throttle, onOutage: "allow" }, onOutage } });
    expect(await codeOf(auth.login(READER))).toBe("ok");
    expect(told).toMatchObject([
      [
        { code: "unavailable", cause: down },
        { operation: "login", refused: false },
      ],
    ]);
    expect(await codeOf(auth.login({ ...READER, password: "wrong" }))).toBe("invalid_credentials");
    expect(told.map(([, { refused }]) => refused)).toEqual([false, false]);
  });

  it("a session that could not be deleted once it had ended", async () => {
    const { told, onOutage } = listening();
    const { auth } = houseOf({ store: { deleteSessions: isDown }, more: { onOutage } });
    const { refreshToken } = await auth.login(READER);
    expect(await auth.logoutByRefreshToken(refreshToken)).toBe(true);
    const context = { operation: "logoutByRefreshToken", call: "refresh.deleteSessions", refused: false };
    expect(told).toMatchObject([[{ cause: down }, context]]);
  });

  it("a hash that could not be stored, of which onRehashFailure is told too", async () => {
    const { told, onOutage } = listening();
    const failures: unknown[] = [];
    const more = { passwords: { ...passwords, needsRehash: () => true }, onOutage };
    const { auth } = houseOf({
      users: { replacePasswordHash: isDown },
      more: { ...more, onRehashFailure: (error: unknown) => void failures.push(error) },
    });
    expect(await codeOf(auth.login(READER))).toBe("ok");
    expect(told).toMatchObject([[{ cause: down }, { call: "users.replacePasswordHash", refused: false }]]);
    expect(failures).toEqual([told[0]?.[0]]);
  });

  it("but only of the refusal where both happened", async () => {
    const { told, onOutage } = listening();
    const throttle = { account: limiter, address: { ...limiter, consume: isDown }, onOutage: "allow" as const };
    const { auth } = houseOf({ users: { findCredentials: isDown }, more: { throttle, onOutage } });
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
    expect(told).toMatchObject([[{}, { call: "users.findCredentials", refused: true }]]);
  });
});

describe.each(Object.entries(APPS))("on %s", (_name, app) => {
  it.each(["/me", "/feed"])("each request to %s is told once", async (path) => {
    const { told, onOutage } = listening();
    const server = await app(houseOf({ blocklist: { isRevoked: isDown }, more: { onOutage } }).auth);
    for (let time = 1; time <= 2; time += 1) {
      expect((await exchange(server, { path, headers: ["Authorization", header] })).status).toBe(503);
      expect(told).toHaveLength(time);
    }
    server.close();
    expect(told[0]).toMatchObject([{ cause: down }, { operation: "authenticate", refused: true }]);
  });

  it("so is a login", async () => {
    const { told, onOutage } = listening();
    const server = await app(houseOf({ users: { findCredentials: isDown }, more: { onOutage } }).auth);
    const headers = ["Content-Type", "application/json"];
    const sent = { method: "POST", path: "/login", headers, body: JSON.stringify(READER) };
    expect((await exchange(server, sent)).status).toBe(503);
    server.close();
    expect(told).toMatchObject([[{ cause: down }, { operation: "login", call: "users.findCredentials" }]]);
  });
});

describe("a listener", () => {
  const guardWith = (onOutage: unknown) =>
    createGuard({
      token,
      blocklist: { ...memoryBlocklist({ now: () => NOW }), isRevoked: isDown },
      onOutage,
    } as GuardOptions);

  it.each<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("the log is full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("the log is full"))],
    ["never answers", () => new Promise(() => {})],
  ])("that %s changes nothing", async (_how, onOutage) => {
    expect(await codeOf(guardWith(onOutage).authenticate(header))).toBe("unavailable");
    const { auth } = houseOf({ users: { findCredentials: isDown }, more: { onOutage } });
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
  });

  it.each([null, "log", {}])("must be a function: %j", (onOutage) => {
    expect(() => guardWith(onOutage)).toThrow(/^onOutage must be a function: /);
    expect(() => houseOf({ more: { onOutage } as object })).toThrow(TypeError);
  });

  describe("that nobody gave", () => {
    afterEach(() => vi.restoreAllMocks());
    const warnings = () => vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);

    it("is one warning, without the cause", async () => {
      const warn = warnings();
      const guard = createGuard({ token, blocklist: { ...memoryBlocklist(), isRevoked: isDown } });
      for (let time = 0; time < 3; time += 1) expect(await codeOf(guard.authenticate(header))).toBe("unavailable");
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^hallpass: authenticate met an outage: blocklist.isRevoked\. .* give onOutage/)],
      ]);
      expect(String(warn.mock.calls)).not.toMatch(/ECONN|hunter2/);
    });

    it("is one warning of each call, so that one that anybody can provoke hides no other", async () => {
      const warn = warnings();
      const users = { ...memoryUsers(), findCredentials: isDown };
      const blocklist = { ...memoryBlocklist(), isRevoked: isDown };
      const auth = createAuthenticator({ token, users, blocklist, passwords });
      for (let time = 0; time < 2; time += 1) {
        expect(await codeOf(auth.login(READER))).toBe("unavailable");
        expect(await codeOf(auth.authenticate(header))).toBe("unavailable");
      }
      expect(warn.mock.calls.map(([text]) => String(text).split(". ")[0])).toEqual([
        "hallpass: login met an outage: users.findCredentials",
        "hallpass: authenticate met an outage: blocklist.isRevoked",
      ]);
    });

    it("is one warning of an authenticator, whichever verb it is", async () => {
      const warn = warnings();
      const compare = () => Promise.reject(new AuthError("overloaded"));
      const users = { ...memoryUsers(), findById: isDown };
      const auth = createAuthenticator({ token, users, passwords: { ...passwords, compare } });
      for (let time = 0; time < 2; time += 1) expect(await codeOf(auth.login(READER))).toBe("overloaded");
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/^hallpass: login met an outage: overloaded\. /)]]);
    });
  });
});

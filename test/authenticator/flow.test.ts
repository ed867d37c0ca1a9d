import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { AuthenticatorOptions } from "../../src/authenticator/options.ts";
import { isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { importJwks } from "../../src/core/keys/jwks.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import type { TokenProfile } from "../../src/core/token/profile.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { trustIssuer } from "../../src/remote/trust-issuer.ts";
import type { Credentials, User, UserStore } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { CLAIMS, NOW, profileOf, SECOND, signed } from "../support/tokens.ts";

const token = profileOf(undefined, { clockTolerance: 5 });
const passwords = createPasswordHasher({ memoryCost: 64, timeCost: 1 });
const PASSWORD = "correct horse";
const HASH = await passwords.hash(PASSWORD);
const READER = { login: "reader", password: PASSWORD };
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error) => error,
  );
const codeOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const error = await caught(promise);
  return isAuthError(error) ? error.code : error;
};

function usersOf(credentials: unknown, more: Partial<UserStore> = {}): UserStore {
  return { findById: async () => null, findCredentials: async () => credentials as Credentials, ...more };
}
function authOf(users: UserStore, more: object = {}) {
  return createAuthenticator({
    token,
    users,
    passwords,
    blocklist: memoryBlocklist({ now: () => NOW }),
    storeTimeoutMs: 50,
    onOutage: () => undefined,
    ...more,
  });
}
const READERS = usersOf({ user: { id: "user-1" }, passwordHash: HASH });

describe("login", () => {
  it("issues a token, and says who logged in", async () => {
    const auth = authOf(READERS);
    const result = await auth.login(READER);
    expect(result).toEqual({
      accessToken: expect.any(String),
      tokenType: "Bearer",
      expiresIn: 900,
      user: { id: "user-1" },
    });
    expect((await auth.authenticate(`Bearer ${result.accessToken}`)).userId).toBe("user-1");
  });

  it.each<readonly [string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "reader"],
    ["a list", ["reader", PASSWORD]],
    ["no password", { login: "reader" }],
    ["no login", { password: PASSWORD }],
    ["an empty login", { login: "", password: PASSWORD }],
    ["an empty password", { login: "reader", password: "" }],
    ["an operator for a login", { login: { $gt: "" }, password: PASSWORD }],
    ["an operator for a password", { login: "reader", password: { $ne: 1 } }],
    ["a list for a login", { login: ["reader"], password: PASSWORD }],
    ["a number", { login: 1, password: PASSWORD }],
    ["true", { login: true, password: true }],
    ["a String object", { login: new String("reader"), password: PASSWORD }],
    ["a NUL", { login: "reader\0", password: PASSWORD }],
    ["a lone surrogate", { login: "\ud800", password: PASSWORD }],
    ["a long login", { login: "x".repeat(1_025), password: PASSWORD }],
    ["megabytes of password", { login: "reader", password: "x".repeat(MEGABYTES) }],
  ])("never asks the store about %s", async (_what, input) => {
    let asked = 0;
    const auth = authOf(
      usersOf(null, {
        findCredentials: async () => {
          asked += 1;
          return null;
        },
      }),
    );
    expect(await codeOf(auth.login(input))).toBe("malformed_credentials");
    expect(asked).toBe(0);
  });

  it("asks about exactly what was sent, read once", async () => {
    const asked: unknown[] = [];
    const auth = authOf(
      usersOf(null, {
        findCredentials: async (login) => {
          asked.push(login);
          return null;
        },
      }),
    );
    let reads = 0;
    await caught(
      auth.login({
        get login() {
          reads += 1;
          return reads === 1 ? " Reader " : { $gt: "" };
        },
        password: "x",
      }),
    );
    expect(new Set(asked)).toEqual(new Set([" Reader "]));
  });

  describe("refuses alike, after the same work", () => {
    const cases: readonly (readonly [string, unknown, string])[] = [
      ["an unknown user", null, PASSWORD],
      ["a wrong password", { user: { id: "user-1" }, passwordHash: HASH }, "x"],
      ["a disabled user", { user: { id: "user-1", disabled: true }, passwordHash: HASH }, PASSWORD],
      ["a user without a hash", { user: { id: "user-1" }, passwordHash: null }, PASSWORD],
      ["an unreadable hash", { user: { id: "user-1" }, passwordHash: "plaintext" }, PASSWORD],
      [
        "an unaffordable hash",
        { user: { id: "user-1" }, passwordHash: HASH.replace("m=64", "m=4294967295") },
        PASSWORD,
      ],
    ];

    it.each(cases)("%s", async (who, credentials, password) => {
      const error = await caught(authOf(usersOf(credentials)).login({ login: "reader", password }));
      expect(JSON.parse(JSON.stringify(error))).toEqual({
        error: "invalid_credentials",
        message: "Wrong login or password",
      });
      expect(error).toMatchObject({ status: 401, headers: { "WWW-Authenticate": 'Bearer realm="api"' } });
      // The developer alone learns that the hash is none that can be read.
      expect((error as Error).cause !== undefined).toBe(/unreadable|unaffordable/.test(who));
    });

    it("measured side by side", async () => {
      const slow = createPasswordHasher({ memoryCost: 8_192, timeCost: 2 });
      const stored = await slow.hash(PASSWORD);
      const logins = cases.map(([, credentials, password]) => {
        const fitting = credentials as Credentials | null;
        const known = fitting?.passwordHash === HASH ? { ...fitting, passwordHash: stored } : fitting;
        const auth = authOf(usersOf(known), { passwords: slow });
        return { fastest: Number.POSITIVE_INFINITY, run: () => caught(auth.login({ login: "reader", password })) };
      });
      const spread = (): number => {
        const times = logins.map(({ fastest }) => fastest);
        return Math.max(...times) / Math.min(...times);
      };
      // A busy machine only adds to a time, so the fastest of many rounds are near the truth. A hash that is not computed
      // at all takes a hundredth, in every round.
      for (let round = 0; round < 60 && (round < 7 || spread() > 3); round += 1) {
        for (const login of logins) {
          const started = performance.now();
          await login.run();
          login.fastest = Math.min(login.fastest, performance.now() - started);
        }
      }
      expect(spread()).toBeLessThan(3);
    });
  });

  it.each<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("boo");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boo"))],
    ["hangs", () => new Promise(() => {})],
    ["answers a bare user", () => ({ id: "user-1", passwordHash: HASH })],
    ["answers without an id", () => ({ user: {}, passwordHash: HASH })],
    ["answers with a number for an id", () => ({ user: { id: 1 }, passwordHash: HASH })],
    ["answers with bytes for a hash", () => ({ user: { id: "user-1" }, passwordHash: Buffer.from(HASH) })],
    ["answers without a hash", () => ({ user: { id: "user-1" } })],
    ["answers a list", () => [{ user: { id: "user-1" }, passwordHash: HASH }]],
    ["answers true", () => true],
  ])("a user store that %s is an outage", async (_how, findCredentials) => {
    const auth = authOf(usersOf(null, { findCredentials } as Partial<UserStore>));
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
  });

  it("adds claims, but writes over no sub", async () => {
    const auth = authOf(READERS, { claims: async ({ id }: User) => ({ scope: "read", from: id, sub: "user-2" }) });
    const { claims, scopes } = await auth.authenticate(`Bearer ${(await auth.login(READER)).accessToken}`);
    expect([claims, scopes]).toEqual([expect.objectContaining({ sub: "user-1", from: "user-1" }), ["read"]]);
  });

  it.each<readonly [string, () => unknown]>([
    [
      "throw",
      () => {
        throw new Error("boo");
      },
    ],
    ["hang", () => new Promise(() => {})],
    ["are none", () => null],
  ])("is an outage where its claims %s", async (_how, claims) => {
    expect(await codeOf(authOf(READERS, { claims }).login(READER))).toBe("unavailable");
  });

  it("answers twenty at once", async () => {
    const auth = authOf(READERS);
    const all = await Promise.all(Array.from({ length: 20 }, () => auth.login(READER)));
    expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(20);
  });
});

describe("renewing a hash", () => {
  const today = createPasswordHasher({ memoryCost: 128, timeCost: 1 });

  it("happens after a good login, and after no other", async () => {
    const users = memoryUsers();
    users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
    users.add({ login: "gone", passwordHash: HASH, user: { id: "user-2", disabled: true } });
    const auth = authOf(users, { passwords: today });
    await caught(auth.login({ ...READER, password: "x" }));
    await caught(auth.login({ ...READER, login: "gone" }));
    expect((await users.findCredentials("reader"))?.passwordHash).toBe(HASH);
    expect((await users.findCredentials("gone"))?.passwordHash).toBe(HASH);
    await auth.login(READER);
    const renewed = (await users.findCredentials("reader"))?.passwordHash as string;
    expect([today.needsRehash(renewed), await today.compare(PASSWORD, renewed)]).toEqual([false, true]);
    await auth.login(READER);
    expect((await users.findCredentials("reader"))?.passwordHash).toBe(renewed);
  });

  it.each<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("boo");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boo"))],
    ["hangs", () => new Promise(() => {})],
    ["answers nonsense", () => "ok"],
  ])("that %s does not fail the login, and is told", async (_how, replacePasswordHash) => {
    const told: unknown[] = [];
    const users = usersOf({ user: { id: "user-1" }, passwordHash: HASH }, {
      replacePasswordHash,
    } as Partial<UserStore>);
    const auth = authOf(users, { passwords: today, onRehashFailure: (error: unknown) => told.push(error) });
    expect((await auth.login(READER)).user.id).toBe("user-1");
    expect(told).toEqual([expect.objectContaining({ code: "unavailable" })]);
    const angry = authOf(users, {
      passwords: today,
      onRehashFailure: () => {
        throw new Error("boo");
      },
    });
    expect((await angry.login(READER)).user.id).toBe("user-1");
    expect((await authOf(users, { passwords: today }).login(READER)).user.id).toBe("user-1");
  });
});

describe("logout", () => {
  it("revokes the token until the last verifier would refuse it", async () => {
    const told: unknown[] = [];
    const blocklist = memoryBlocklist({ now: () => NOW });
    const revokeToken = (jti: string, expiresAt: Date): void => {
      told.push(expiresAt);
      blocklist.revokeToken(jti, expiresAt);
    };
    const auth = authOf(READERS, { blocklist: { ...blocklist, revokeToken } });
    const header = `Bearer ${(await auth.login(READER)).accessToken}`;
    await auth.logout(await auth.authenticate(header));
    expect(told).toEqual([new Date((SECOND + 910) * 1_000)]);
    expect(await codeOf(auth.authenticate(header))).toBe("revoked");
    expect((await auth.login(READER)).user.id).toBe("user-1");
  });

  it.each<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("boo");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boo"))],
    ["hangs", () => new Promise(() => {})],
  ])("is an outage where the blocklist %s", async (_how, revokeToken) => {
    const auth = authOf(READERS, { blocklist: { ...memoryBlocklist(), revokeToken } });
    const identity = await auth.authenticate(`Bearer ${(await auth.login(READER)).accessToken}`);
    expect(await codeOf(auth.logout(identity))).toBe("unavailable");
  });

  it("needs a token with a jti", async () => {
    const auth = authOf(READERS);
    const identity = await auth.authenticate(`Bearer ${signed(CLAIMS)}`);
    await expect(auth.logout(identity)).rejects.toThrow(/an identity whose token has a jti/);
    await expect(auth.logout({ ...identity, claims: undefined })).rejects.toThrow(/has a jti/);
  });

  it("takes nothing but an identity, which tells of a session or that there is none", async () => {
    const auth = authOf(READERS);
    const { sid: _, ...without } = await auth.authenticate(`Bearer ${(await auth.login(READER)).accessToken}`);
    for (const value of [undefined, null, {}, without]) {
      await expect(auth.logout(value as never)).rejects.toThrow(/logout takes the identity that authenticate gave/);
    }
  });

  it("takes a token that ends beyond all Dates", async () => {
    const auth = authOf(READERS);
    const header = `Bearer ${signed({ ...CLAIMS, jti: "t1", exp: 1e300 })}`;
    await auth.logout(await auth.authenticate(header));
    expect(await codeOf(auth.authenticate(header))).toBe("revoked");
  });

  it("is not there without a blocklist", () => {
    expect(createAuthenticator({ token, users: READERS })).not.toHaveProperty("logout");
  });
});

const foreign = trustIssuer("https://login.example/", { audience: "api" });
const verifying = profileOf(await importJwks(publicJwks(await importKey(await generateKey("ES256")))));

it.each<readonly [object, RegExp]>([
  [
    { token },
    /users must be an object with the methods findById, findCredentials, such as memoryUsers\(\) of hallpass/,
  ],
  [{ token: foreign, users: READERS }, /^token is a profile of trustIssuer, which only verifies: give that to a guard/],
  [{ token: verifying, users: READERS }, /^token is a profile whose first key only verifies: give that to a guard/],
  [{ users: READERS, token: {}, credentials: [bearer(token)] }, /token must be a profile/],
  [{ users: READERS }, /token must be a profile/],
  [{ token, users: {} }, /users must be an object/],
  [{ token, users: memoryUsers }, /users is a function: call it/],
  [token, /createAuthenticator takes one object: createAuthenticator\(\{ token, users \}\)/],
  [{ token, users: READERS, passwords: {} }, /passwords must be an object with the methods hash, compare, needsRehash/],
  [{ token, users: READERS, claims: {} }, /^claims must be a function: /],
  [{ token, users: READERS, onRehashFailure: true }, /^onRehashFailure must be a function: /],
  [{ token, users: READERS, onUnreadableHash: "log" }, /^onUnreadableHash must be a function: /],
  [{ token, users: READERS, onOutage: {} }, /^onOutage must be a function: /],
  [{ token, users: READERS, blockList: {} }, /there is no option "blockList"/],
  [{ token, users: READERS, blocklist: undefined }, /blocklist is undefined/],
])("createAuthenticator refuses %o", (options, why) => {
  expect(() => createAuthenticator(options as AuthenticatorOptions<TokenProfile<undefined>>)).toThrow(why);
});

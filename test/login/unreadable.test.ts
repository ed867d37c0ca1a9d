import bcrypt from "bcryptjs";
import { describe, expect, it, vi } from "vitest";
import { createPasswordHasher, type PasswordChecker } from "../../src/core/password/hasher.ts";
import { bcryptHashes } from "../../src/core/password/legacy.ts";
import { identifyScheme } from "../../src/core/password/scheme.ts";
import type { Credentials } from "../../src/stores/contract.ts";
import { codeOf, houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";

const BCRYPT = await bcrypt.hash(PASSWORD, 4);
const ARGON2 = await passwords.hash(PASSWORD);

const houseWith = (passwordHash: string | null, more: object = {}, user = {}) => {
  const onUnreadableHash = vi.fn();
  const credentials: Credentials = { user: { id: "user-1", ...user }, passwordHash };
  const findCredentials = async (): Promise<Credentials> => credentials;
  const { auth } = houseOf({ users: { findCredentials }, more: { onUnreadableHash, ...more } });
  return { auth, onUnreadableHash };
};
const refusalOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("no error"),
    (error) => error,
  );

describe("a stored hash that the hasher can't read", () => {
  it.each<readonly [string, string, string]>([
    ["of bcrypt, which is not listed", BCRYPT, "bcrypt $2b$"],
    ["that costs too much", ARGON2.replace("m=64", "m=4294967295"), "argon2id"],
    ["that is damaged", ARGON2.slice(0, 40), "argon2id"],
    ["that is a password in plain text", "hunter2$secret", "unknown"],
  ])("%s, is told, and answered as a wrong password is", async (_what, stored, scheme) => {
    const { auth, onUnreadableHash } = houseWith(stored);
    const error = await refusalOf(auth.login(READER));
    expect(error).toMatchObject({ code: "invalid_credentials", status: 401 });
    const wrong = await refusalOf(houseWith(ARGON2).auth.login({ ...READER, password: "x" }));
    expect([JSON.stringify(error), error.message]).toEqual([JSON.stringify(wrong), wrong.message]);
    const { message } = error.cause as Error;
    expect(message).toContain(`scheme: ${scheme}`);
    expect(message).not.toContain(stored.slice(-12));
    expect(onUnreadableHash.mock.calls).toEqual([["user-1", scheme]]);
  });

  it("is a refusal all the same where the hasher can't say what it reads", async () => {
    const canRead = (): never => {
      throw new Error("boo");
    };
    const { auth, onUnreadableHash } = houseWith(BCRYPT, { passwords: { ...passwords, canRead } });
    expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
    expect(onUnreadableHash).not.toHaveBeenCalled();
  });

  it("is told of a disabled user, and by a change of password, too", async () => {
    const { auth, onUnreadableHash } = houseWith(BCRYPT, {}, { disabled: true });
    await refusalOf(auth.login(READER));
    await refusalOf(auth.changePassword({ ...READER, newPassword: "battery staple" }));
    expect(onUnreadableHash).toHaveBeenCalledTimes(2);
  });

  it("may appear while a login is under way", async () => {
    const stored = [ARGON2, ARGON2];
    const findCredentials = async (): Promise<Credentials> => ({
      user: { id: "user-1" },
      passwordHash: stored.shift() ?? BCRYPT,
    });
    const { auth, onUnreadableHash } = houseWith(null, {});
    const { auth: changing } = houseOf({ users: { findCredentials }, more: { onUnreadableHash } });
    expect(await codeOf(changing.login(READER))).toBe("invalid_credentials");
    expect(onUnreadableHash.mock.calls).toEqual([["user-1", "bcrypt $2b$"]]);
    expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
  });

  it.each<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("boo");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boo"))],
  ])("changes nothing where its listener %s", async (_how, onUnreadableHash) => {
    expect(await codeOf(houseWith(BCRYPT, { onUnreadableHash }).auth.login(READER))).toBe("invalid_credentials");
  });

  it("is told once by a warning of the process where nobody listens, without the user's id or hash", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
    try {
      const credentials: Credentials = { user: { id: "user-1" }, passwordHash: BCRYPT };
      const { auth } = houseOf({ users: { findCredentials: async () => credentials } });
      for (let time = 0; time < 2; time += 1) expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
      const texts = warned.mock.calls.map(String).filter((text) => text.includes("stored hash"));
      expect(texts).toEqual([
        expect.stringContaining("can't be read (scheme: bcrypt $2b$): list its scheme in legacy"),
      ]);
      expect(texts[0]).not.toMatch(/user-1|\$04/);
    } finally {
      warned.mockRestore();
    }
  });

  it("is told to nobody where the hasher does not say what it can read", async () => {
    const { hash, compare, needsRehash } = passwords;
    const own: PasswordChecker = { hash, compare, needsRehash };
    const { auth, onUnreadableHash } = houseWith(BCRYPT, { passwords: own });
    expect((await refusalOf(auth.login(READER))).cause).toBeUndefined();
    expect(onUnreadableHash).not.toHaveBeenCalled();
    const { auth: alone } = houseOf();
    expect(await codeOf(alone.login(READER))).toBe("ok");
  });

  it.each<readonly [string, string | null, object]>([
    [
      "of another scheme that is listed",
      BCRYPT,
      { passwords: createPasswordHasher({ legacy: [bcryptHashes(bcrypt.compare)] }) },
    ],
    ["that can be read", ARGON2, {}],
    ["that there is none of", null, {}],
  ])("is none %s", async (_which, stored, more) => {
    const { auth, onUnreadableHash } = houseWith(stored, more);
    expect((await refusalOf(auth.login({ ...READER, password: "x" }))).cause).toBeUndefined();
    expect(onUnreadableHash).not.toHaveBeenCalled();
  });

  it("needs a function to be told", () => {
    expect(() => houseWith(null, { onUnreadableHash: "log" })).toThrow(/onUnreadableHash/);
  });
});

it.each<readonly [string, string]>([
  ["$argon2d$v=19$", "argon2d"],
  ["$2y$10$", "bcrypt $2y$"],
  ["{bcrypt}$2a$10$", "bcrypt $2a$"],
  ["bcrypt_sha256$$2b$12$", "bcrypt of a framework"],
  ["argon2$argon2id$v=19$", "argon2 of Django"],
  ["scrypt:32768:8:1$", "scrypt"],
  ["pbkdf2_sha256$600000$", "pbkdf2"],
  ["$y$j9T$", "yescrypt"],
  ["$6$rounds=5000$", "sha512-crypt"],
  ["$5$", "sha256-crypt"],
  ["$apr1$", "md5-crypt"],
  ["$P$B", "phpass"],
  ["$S$D", "Drupal 7"],
  ["{SSHA}", "LDAP"],
  ["sha1$", "Django"],
  ["", "unknown"],
  ["5f4dcc3b5aa765d61d8327deb882cf99", "unknown"],
])("a hash that begins with %j is of %s, and nothing else of it is said", (prefix, scheme) => {
  expect(identifyScheme(`${prefix}c2VjcmV0`)).toBe(scheme);
});

describe("a bcrypt hash", () => {
  const legacy = createPasswordHasher({ memoryCost: 64, timeCost: 1, legacy: [bcryptHashes(bcrypt.compare)] });

  it.each<readonly [string, string, boolean]>([
    ["is renewed from a password that bcrypt reads wholly", "x".repeat(71), true],
    ["is not renewed from a password that it reads the beginning of", "x".repeat(72), false],
    ["is not renewed from a longer one", "x".repeat(100), false],
  ])("%s", async (_what, typed, isRenewed) => {
    const replacePasswordHash = vi.fn(async () => true);
    const passwordHash = await bcrypt.hash(isRenewed ? typed : "x".repeat(90), 4);
    const findCredentials = async (): Promise<Credentials> => ({ user: { id: "user-1" }, passwordHash });
    const { auth } = houseOf({ users: { findCredentials, replacePasswordHash }, more: { passwords: legacy } });
    expect(await codeOf(auth.login({ login: "reader", password: typed }))).toBe("ok");
    expect(replacePasswordHash).toHaveBeenCalledTimes(isRenewed ? 1 : 0);
  });
});

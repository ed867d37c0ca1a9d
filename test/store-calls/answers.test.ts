import { describe, expect, it } from "vitest";
import { AuthError } from "../../src/core/errors.ts";
import type { RefreshStore, User, UserStore } from "../../src/stores/contract.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, type House, houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";

const HASH = await passwords.hash(PASSWORD);
const throwing = {
  get id(): string {
    throw new Error("the session of the ORM is closed");
  },
};

/** The outage that something comes to, in the developer's words. */
async function causeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((it: unknown) => it);
  expect(error).toBeInstanceOf(AuthError);
  expect((error as AuthError).code).toBe("unavailable");
  return ((error as AuthError).cause as Error).message;
}

describe("an answer that does not fit is an outage that names the member", () => {
  it.each<readonly [unknown, string]>([
    [7, "users.findCredentials: the answer must be null or { user, passwordHash }, got a number"],
    [[], "users.findCredentials: the answer must be null or { user, passwordHash }, got a list"],
    [{}, "users.findCredentials: user must be an object, got undefined: where there is none, answer null"],
    [
      { user: { id: 7 }, passwordHash: HASH },
      "user.id must be a non-empty string of at most 1024 characters and 2048 bytes, well-formed, no NUL, got a number",
    ],
    [
      { user: { id: "" }, passwordHash: HASH },
      "user.id must be a non-empty string of at most 1024 characters and 2048 bytes, well-formed, no NUL, got a string",
    ],
    [{ user: { id: "u" } }, "passwordHash must be a string, or null for a user without a password, got undefined"],
    [{ user: { id: "u", disabled: "no" }, passwordHash: HASH }, "user.disabled must be true or false, got a string"],
    [
      { user: { id: "u", passwordChangedAt: 7 }, passwordHash: HASH },
      "user.passwordChangedAt must be a valid Date or null",
    ],
    [{ user: throwing, passwordHash: HASH }, "the session of the ORM is closed"],
  ])("findCredentials, wrong in way %#", async (answer, words) => {
    const { auth } = houseOf({ users: { findCredentials: async () => answer as never } });
    expect(await causeOf(auth.login(READER))).toContain(words);
  });

  it.each<readonly [unknown, string]>([
    [7, "users.findById: the answer must be an object, got a number"],
    [{ id: "other" }, "users.findById: it answered with another user than it was asked for"],
    [throwing, "the session of the ORM is closed"],
  ])("findById, wrong in way %#", async (answer, words) => {
    const { auth } = houseOf({ users: { findById: async () => answer as never } });
    expect(await causeOf(auth.login(READER))).toContain(words);
  });

  it.each<readonly [keyof RefreshStore, unknown, (house: House, token: string) => Promise<unknown>, string]>([
    ["endings", -1, ({ auth }) => auth.login(READER), "refresh.endings: the answer must be a whole number, 0 or more"],
    ["startSession", [7], ({ auth }) => auth.login(READER), "refresh.startSession: an id must be a non-empty string"],
    [
      "findSession",
      undefined,
      ({ auth }, token) => auth.refresh(token),
      "got undefined: where there is none, answer null",
    ],
    [
      "sessions",
      {},
      ({ auth }) => auth.sessions("user-1"),
      "refresh.sessions: the answer must be a list, got an object",
    ],
    [
      "sessions",
      [{ sid: 1 }],
      ({ auth }) => auth.sessions("user-1"),
      "refresh.sessions: sid must be a non-empty string",
    ],
    ["endSession", "theft", ({ auth }) => auth.logoutSession("user-1", "s"), '"logout", "reuse" or null, got a string'],
    ["endSessions", [{ sid: "s", ended: null }], ({ auth }) => auth.logoutEverywhere("user-1"), "ended must be"],
  ])("%s: %j", async (method, answer, work, words) => {
    const house = houseOf();
    const { refreshToken } = await house.auth.login(READER);
    const wrong = houseOf({ like: house, store: { [method]: async () => answer } as Partial<RefreshStore> });
    expect(await causeOf(work(wrong, refreshToken))).toContain(words);
  });

  it("advises null only where null is an answer", async () => {
    const { auth } = houseOf({ store: { endings: async () => undefined as never } });
    expect(await causeOf(auth.login(READER))).toMatch(/must be a whole number, 0 or more, got undefined$/);
    const house = houseOf();
    const other = houseOf({ like: house, store: { findSession: async () => undefined as never } });
    const { refreshToken } = await house.auth.login(READER);
    expect(await causeOf(other.auth.refresh(refreshToken))).toMatch(/got undefined: where there is none, answer null$/);
  });

  it("never with what the member holds", async () => {
    const answer = { user: { id: `${HASH}\0` }, passwordHash: HASH };
    const { auth } = houseOf({ users: { findCredentials: async () => answer } });
    expect(await causeOf(auth.login(READER))).not.toContain(HASH);
  });
});

it.each<readonly [unknown, boolean]>([
  [null, false],
  [undefined, true],
  [{ user: null, passwordHash: null }, true],
  [{ user: undefined }, true],
])("a store that says %j of nobody refuses strangers as others do", async (nobody, isTold) => {
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
  const findCredentials = async (login: string) => (await users.findCredentials(login)) ?? (nobody as never);
  const { auth } = houseOf({ users: { ...users, findCredentials } });
  expect(await codeOf(auth.login(READER))).toBe("ok");
  const error = await auth.login({ ...READER, login: "nobody" }).catch((it) => it as AuthError);
  expect(error).toMatchObject({ code: "invalid_credentials" });
  expect(String((error as AuthError).cause).includes("answer null")).toBe(isTold);
});

describe("the application's own user", () => {
  /** As an ORM makes them: what it holds is private, and read by getters. */
  class Row implements User {
    readonly #id: string;
    #changedAt: Date | null = null;
    constructor(id: string) {
      this.#id = id;
    }
    get id(): string {
      return this.#id;
    }
    get passwordChangedAt(): Date | null {
      return this.#changedAt;
    }
    set passwordChangedAt(at: Date | null) {
      this.#changedAt = at;
    }
    get role(): string {
      return `role of ${this.#id}`;
    }
  }

  it.each([
    ["an instance with private fields", (row: Row) => row],
    [
      "a proxy",
      (row: Row) =>
        new Proxy(row, {
          get: (it, name) => Reflect.get(it, name, it),
          set: (it, name, value) => Reflect.set(it, name, value, it),
        }),
    ],
  ])("is passed on as it is: %s", async (_what, make) => {
    const user = make(new Row("user-1"));
    const users = memoryUsers<Row>();
    users.add({ login: "reader", passwordHash: HASH, user });
    const seen: unknown[] = [];
    const claims = (given: User) => {
      seen.push(given);
      return { role: (given as Row).role };
    };
    const { auth } = houseOf({ users: users as unknown as UserStore, more: { claims } as never });
    const login = await auth.login(READER);
    const refreshed = await auth.refresh(login.refreshToken);
    const changed = await auth.changePassword({ ...READER, newPassword: "another horse" });
    const again = await auth.login({ login: "reader", password: "another horse" });
    for (const result of [login, refreshed, changed, again]) expect(result.user).toBe(user);
    expect(new Set(seen)).toEqual(new Set([user]));
    const identity = await auth.authenticate(`Bearer ${changed.accessToken}`);
    expect([identity.userId, (identity.claims as { role?: string }).role]).toEqual(["user-1", "role of user-1"]);
    expect(user.passwordChangedAt).not.toBeNull();
  });

  it("that can't be written keeps its password, and says why", async () => {
    const users = memoryUsers();
    users.add({ login: "reader", passwordHash: HASH, user: Object.freeze({ id: "user-1" }) });
    const { auth } = houseOf({ users });
    expect(await causeOf(auth.changePassword({ ...READER, newPassword: "another horse" }))).toContain("not frozen");
    expect(await codeOf(auth.login(READER))).toBe("ok");
  });
});

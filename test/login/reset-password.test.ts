import { describe, expect, it } from "vitest";
import type { PasswordHasher } from "../../src/core/password/hasher.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, houseOf, OUTAGES, passwords, READER } from "../support/flow.ts";
import { NOW } from "../support/tokens.ts";

const NEXT = { ...READER, password: "next" };

describe("resetPassword", () => {
  it("sets the password, and ends all that was before", async () => {
    const { auth, users, clock } = houseOf();
    const before = await auth.login(READER);
    clock.now += 1_000;
    expect(await auth.resetPassword("user-1", "next")).toBeUndefined();
    expect(await codeOf(auth.authenticate(`Bearer ${before.accessToken}`))).toBe("revoked");
    expect(await codeOf(auth.refresh(before.refreshToken))).toBe("invalid_refresh_token");
    expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
    expect(await codeOf(auth.login(NEXT))).toBe("ok");
    expect(await users.findById("user-1")).toMatchObject({ passwordChangedAt: new Date(NOW + 1_000) });
  });

  it("gives a password to a user who had none", async () => {
    const users = memoryUsers();
    users.add({ id: "user-1", login: "reader", passwordHash: null });
    const { auth } = houseOf({ users });
    await auth.resetPassword("user-1", "next");
    expect(await codeOf(auth.login(NEXT))).toBe("ok");
  });

  it.each(["", undefined, {}, "x".repeat(1_025), "\0"])(
    "refuses %j for a password, and changes nothing",
    async (bad) => {
      const { auth } = houseOf();
      const before = await auth.login(READER);
      expect(await codeOf(auth.resetPassword("user-1", bad))).toBe("unusable_password");
      expect(await codeOf(auth.refresh(before.refreshToken))).toBe("ok");
    },
  );

  it("refuses a user that there is not, and what is no id", async () => {
    const { auth } = houseOf();
    expect(await codeOf(auth.resetPassword("user-2", "next"))).toBe("invalid_credentials");
    await expect(auth.resetPassword({} as never, "next")).rejects.toThrow(/a user's id is a non-empty string/);
  });

  it("refuses a login with the old password that is under way", async () => {
    const real = houseOf();
    const compare: PasswordHasher["compare"] = async (...args) => {
      const matches = await passwords.compare(...args);
      await real.auth.resetPassword("user-1", "next");
      return matches;
    };
    const { auth } = houseOf({ like: real, more: { passwords: { ...passwords, compare }, storeTimeoutMs: 2_000 } });
    expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
    expect(await auth.sessions("user-1")).toEqual([]);
  });

  it("of two at once leaves one password, and no session", async () => {
    const { auth } = houseOf();
    await auth.login(READER);
    const codes = await Promise.all(["one", "two"].map((next) => codeOf(auth.resetPassword("user-1", next))));
    expect(codes).toEqual(["ok", "ok"]);
    const logins = await Promise.all(["one", "two"].map((password) => codeOf(auth.login({ ...READER, password }))));
    expect(logins.sort()).toEqual(["invalid_credentials", "ok"]);
  });

  it("is completed when it is done again after a 503", async () => {
    const real = houseOf();
    const before = await real.auth.login(READER);
    const told: unknown[] = [];
    const onOutage = (_error: unknown, { operation }: { operation: string }) => told.push(operation);
    const down = () => Promise.reject(new Error("down"));
    const { auth } = houseOf({ like: real, store: { endSessions: down }, more: { onOutage } });
    expect(await codeOf(auth.resetPassword("user-1", "next"))).toBe("unavailable");
    expect(told).toEqual(["resetPassword"]);
    expect(await codeOf(real.auth.refresh(before.refreshToken))).toBe("invalid_refresh_token");
    expect(await codeOf(real.auth.resetPassword("user-1", "next"))).toBe("ok");
    expect(await codeOf(real.auth.authenticate(`Bearer ${before.accessToken}`))).toBe("revoked");
    expect(await codeOf(real.auth.login(NEXT))).toBe("ok");
  });

  it("needs a store that can set a hash", async () => {
    const { auth } = houseOf({ users: { setPasswordHash: undefined as never } });
    await expect(auth.resetPassword("user-1", "next")).rejects.toThrow(/needs a user store with setPasswordHash/);
  });

  it.each([undefined, null, 1])("takes %j for no answer of the store", async (answer) => {
    const { auth } = houseOf({ users: { setPasswordHash: async () => answer as never } });
    expect(await codeOf(auth.resetPassword("user-1", "next"))).toBe("unavailable");
  });

  it.each(OUTAGES)("is 503 where the store %s", async (_how, setPasswordHash) => {
    const { auth } = houseOf({ users: { setPasswordHash } });
    expect(await codeOf(auth.resetPassword("user-1", "next"))).toBe("unavailable");
  });
});

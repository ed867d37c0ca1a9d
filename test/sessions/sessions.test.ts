import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { StoredSession } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { codeOf, houseOf, OUTAGES, PASSWORD, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const REFUSED = "invalid_refresh_token";
const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;

describe("logout", () => {
  it("ends the session: refresh dead, all its access tokens revoked, and no other's", async () => {
    const { auth, clock } = houseOf();
    const first = await auth.login(READER);
    const other = await auth.login(READER);
    clock.now += 1_000;
    const second = await auth.refresh(first.refreshToken);
    await auth.logout(await auth.authenticate(bearer(first)));
    expect(await codeOf(auth.refresh(second.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.authenticate(bearer(first)))).toBe("revoked");
    expect(await codeOf(auth.authenticate(bearer(second)))).toBe("revoked");
    expect(await codeOf(auth.authenticate(bearer(other)))).toBe("ok");
    expect(await codeOf(auth.refresh(other.refreshToken))).toBe("ok");
  });

  it("revokes until the last token that was issued has ended", async () => {
    const until: Date[] = [];
    const { auth, clock } = houseOf({ blocklist: { revokeSession: (_sid, expiresAt) => void until.push(expiresAt) } });
    const login = await auth.login(READER);
    clock.now += 500;
    await auth.logout(await auth.authenticate(bearer(login)));
    expect(until).toEqual([new Date(NOW + 1_000 + 900_000)]);
  });

  it.each(["endSession", "revokeSession"] as const)("can be tried again where %s failed", async (method) => {
    let isDown = true;
    const real = houseOf();
    const failing = async (...args: never[]) => {
      if (isDown) throw new Error("down");
      return (method === "endSession" ? real.store.endSession : real.blocklist.revokeSession)(
        ...(args as never as [never, never, never]),
      );
    };
    const part = { [method]: failing };
    const { auth } = houseOf({ like: real, ...(method === "endSession" ? { store: part } : { blocklist: part }) });
    const login = await auth.login(READER);
    const identity = await auth.authenticate(bearer(login));
    expect(await codeOf(auth.logout(identity))).toBe("unavailable");
    isDown = false;
    expect(await codeOf(auth.logout(await auth.authenticate(bearer(login))))).toBe("ok");
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
    expect(await codeOf(auth.refresh(login.refreshToken))).toBe(REFUSED);
  });

  it("of a session that the store has forgotten revokes its access tokens all the same", async () => {
    const { auth, store } = houseOf();
    const login = await auth.login(READER);
    const identity = await auth.authenticate(bearer(login));
    await store.endSessions("user-1", new Date(NOW));
    await store.deleteSessions("user-1", [identity.claims.sid ?? ""]);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("ok");
    await auth.logout(identity);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
  });

  it("of a forgotten session does so by an identity whose claims a schema has made", async () => {
    const { auth, store } = houseOf();
    const login = await auth.login(READER);
    const identity = await auth.authenticate(bearer(login));
    await store.endSessions("user-1", new Date(NOW));
    await store.deleteSessions("user-1", [identity.claims.sid ?? ""]);
    await auth.logout({ ...identity, claims: {} as never });
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
  });

  it("without a blocklist ends the session, and access tokens live on", async () => {
    const { auth } = houseOf({ blocklist: null });
    const login = await auth.login(READER);
    await auth.logout(await auth.authenticate(bearer(login)));
    expect(await codeOf(auth.refresh(login.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("ok");
  });

  it("without a blocklist needs a token of a session", async () => {
    const { auth } = houseOf({ blocklist: null });
    const identity = { userId: "user-1", scopes: [], sid: null, claims: { jti: "t", exp: 1 } };
    await expect(auth.logout(identity as never)).rejects.toThrow(/whose token has a sid; or give a blocklist/);
  });

  it("of a refresh token ends its session, and of none is no error", async () => {
    const { auth } = houseOf();
    const login = await auth.login(READER);
    await auth.logoutByRefreshToken(login.refreshToken);
    expect(await codeOf(auth.refresh(login.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
    expect(await codeOf(auth.logoutByRefreshToken(login.refreshToken))).toBe("ok");
    expect(await codeOf(auth.logoutByRefreshToken({}))).toBe("malformed_refresh_token");
  });

  it("of one session leaves what is not the user's own", async () => {
    const { auth, users } = houseOf();
    users.add({ login: "other", passwordHash: await passwords.hash(PASSWORD), user: { id: "user-2" } });
    const [mine, theirs] = await Promise.all([auth.login(READER), auth.login({ ...READER, login: "other" })]);
    const sidOf = async (login: { accessToken: string }) => (await auth.authenticate(bearer(login))).claims.sid ?? "";
    for (const sid of [undefined, "", {}]) {
      await expect(auth.logoutSession("user-1", sid as string)).rejects.toThrow(/logoutSession takes a user's id and/);
    }
    await auth.logoutSession("user-1", await sidOf(theirs));
    expect(await codeOf(auth.authenticate(bearer(theirs)))).toBe("ok");
    await auth.logoutSession("user-1", await sidOf(mine));
    expect(await codeOf(auth.authenticate(bearer(mine)))).toBe("revoked");
    expect(await codeOf(auth.refresh(theirs.refreshToken))).toBe("ok");
  });
});

describe("logoutEverywhere", () => {
  it("ends all sessions and revokes all tokens of this very millisecond, and not the login that follows", async () => {
    const { auth } = houseOf();
    const before = await Promise.all([auth.login(READER), auth.login(READER)]);
    await auth.logoutEverywhere("user-1");
    const after = await auth.login(READER);
    for (const login of before) {
      expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
      expect(await codeOf(auth.refresh(login.refreshToken))).toBe(REFUSED);
    }
    expect(await codeOf(auth.authenticate(bearer(after)))).toBe("ok");
    expect(await codeOf(auth.refresh(after.refreshToken))).toBe("ok");
    expect((await auth.sessions("user-1")).length).toBe(1);
  });

  it("holds on every node, whichever clock is ahead", async () => {
    const here = houseOf();
    const ahead = houseOf({ like: here, ahead: 40 });
    const fromAhead = await ahead.auth.login(READER);
    await here.auth.logoutEverywhere("user-1");
    expect(await codeOf(here.auth.authenticate(bearer(fromAhead)))).toBe("revoked");
    expect(await codeOf(ahead.auth.authenticate(bearer(fromAhead)))).toBe("revoked");

    await ahead.auth.logoutEverywhere("user-1");
    const ticking = setInterval(() => {
      here.clock.now += 10;
    }, 1);
    const after = await here.auth.login(READER);
    clearInterval(ticking);
    expect(await codeOf(ahead.auth.authenticate(bearer(after)))).toBe("ok");
  });

  it("makes a login wait no longer than a store may take", async () => {
    const here = houseOf();
    await houseOf({ like: here, ahead: 3_600_000 }).auth.logoutEverywhere("user-1");
    expect(await codeOf(here.auth.login(READER))).toBe("unavailable");
  });

  it("answers a refresh that it came before with 401, and at once", async () => {
    const real = houseOf();
    const findById = async (id: string) => {
      await real.auth.logoutEverywhere(id);
      return real.users.findById(id);
    };
    const { auth } = houseOf({ like: real, users: { findById } });
    const login = await real.auth.login(READER);
    expect(await codeOf(auth.refresh(login.refreshToken))).toBe(REFUSED);
  });

  it("leaves other users alone", async () => {
    const { auth, users } = houseOf();
    users.add({ login: "other", passwordHash: await passwords.hash(PASSWORD), user: { id: "user-2" } });
    const other = await auth.login({ ...READER, login: "other" });
    await auth.logoutEverywhere("user-1");
    expect(await codeOf(auth.authenticate(bearer(other)))).toBe("ok");
    expect(await codeOf(auth.refresh(other.refreshToken))).toBe("ok");
  });

  it("works by a blocklist alone, and by sessions alone", async () => {
    const { users, auth: withSessions } = houseOf({ blocklist: null });
    const auth = createAuthenticator({
      token: profileOf(),
      users,
      passwords,
      blocklist: memoryBlocklist({ now: () => NOW }),
    });
    const login = await auth.login(READER);
    await auth.logoutEverywhere("user-1");
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
    expect(await codeOf(auth.login(READER).then((it) => auth.authenticate(bearer(it))))).toBe("ok");

    const session = await withSessions.login(READER);
    await withSessions.logoutEverywhere("user-1");
    expect(await codeOf(withSessions.refresh(session.refreshToken))).toBe(REFUSED);
    expect(await codeOf(withSessions.authenticate(bearer(session)))).toBe("ok");
  });

  it("revokes the sessions that it ended by their ids too, in one step with the user's tokens", async () => {
    const revoked: unknown[] = [];
    const { auth } = houseOf({
      store: {
        endSessions: async () => [
          { sid: "one", ended: "logout" },
          { sid: "two", ended: "logout" },
        ],
      },
      blocklist: { revokeUser: (userId, issuedUpTo, _end, sids) => void revoked.push([userId, issuedUpTo, sids]) },
    });
    await auth.logoutEverywhere("user-1");
    expect(revoked).toEqual([["user-1", new Date(NOW), ["one", "two"]]]);
  });

  describe.each(["endSessions", "revokeUser", "revokedUpTo"] as const)("whose %s", (method) => {
    it.each(OUTAGES)("%s is an outage", async (_how, broken) => {
      const real = houseOf();
      await real.auth.login(READER);
      const part = { [method]: broken };
      const { auth } = houseOf({ like: real, store: part, blocklist: part } as never);
      expect(await codeOf(auth.logoutEverywhere("user-1"))).toBe("unavailable");
    });
  });

  it.each([undefined, "", 1, {}, "\0", "中".repeat(683)])("needs a user's id, and not %j", async (userId) => {
    await expect(houseOf().auth.logoutEverywhere(userId as string)).rejects.toThrow(
      /a user's id is a non-empty string/,
    );
    await expect(houseOf().auth.sessions(userId as string)).rejects.toThrow(/a user's id is a non-empty string/);
  });

  it("begin for no user whose id is too long for a store, and the cause says so", async () => {
    const id = "中".repeat(683);
    const { auth } = houseOf({ users: { findById: async () => ({ id }) } });
    const refusal = await auth.startSession({ id }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "unavailable", cause: { message: expect.stringContaining("2048 bytes") } });
  });

  it.each([undefined, null, {}, [null], [{ sid: "s" }], ["s"]])("takes %j for no sessions", async (answer) => {
    const { auth } = houseOf({ store: { sessions: async () => answer as readonly StoredSession[] } });
    expect(await codeOf(auth.sessions("user-1"))).toBe("unavailable");
  });

  it.each([
    undefined,
    null,
    {},
    [1],
    [null],
    ["s"],
    [{ sid: 1, ended: "logout" }],
    [{ sid: "s", ended: null }],
    [{ sid: "s", ended: "x" }],
  ])("takes %j for no ended sessions", async (answer) => {
    const { auth } = houseOf({ store: { endSessions: async () => answer as never } });
    expect(await codeOf(auth.logoutEverywhere("user-1"))).toBe("unavailable");
  });

  it.each([undefined, true, 1, "x"])("takes %j for no reason that a session was ended for", async (answer) => {
    const { auth } = houseOf({ store: { endSession: async () => answer as never } });
    expect(await codeOf(auth.logoutSession("user-1", "s"))).toBe("unavailable");
  });
});

describe("the sessions of one user", () => {
  it("are so many at the most: the one that was not used for the longest time goes, with its tokens", async () => {
    const { auth, clock } = houseOf({ refresh: { maxSessions: 3 } });
    const all: Awaited<ReturnType<typeof auth.login>>[] = [];
    for (let at = 0; at < 3; at += 1) {
      all.push(await auth.login(READER));
      clock.now += 1_000;
    }
    const [first, second, third] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    const used = await auth.refresh(first.refreshToken);
    const last = await auth.login(READER);
    expect((await auth.sessions("user-1")).length).toBe(3);
    expect(await codeOf(auth.refresh(second.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.authenticate(bearer(second)))).toBe("revoked");
    for (const session of [used, third, last]) expect(await codeOf(auth.refresh(session.refreshToken))).toBe("ok");
  });

  it("are a hundred by default, and to log out of them all is one call of each store", async () => {
    const calls: string[] = [];
    const real = houseOf();
    for (let at = 0; at < 101; at += 1) await real.auth.login(READER);
    expect((await real.auth.sessions("user-1")).length).toBe(100);
    const counted = <Part extends object>(part: Part): Part =>
      Object.fromEntries(
        Object.entries(part).map(([name, method]) => [
          name,
          (...args: unknown[]) => {
            calls.push(name);
            return method(...args);
          },
        ]),
      ) as Part;
    const { auth } = houseOf({ like: real, store: counted(real.store), blocklist: counted(real.blocklist) });
    await auth.logoutEverywhere("user-1");
    expect(calls).toEqual(["endSessions", "revokedUpTo", "revokeUser", "deleteSessions"]);
  });

  it("make room also where what made room can't be revoked: it ends by itself", async () => {
    const down = { revokeSession: () => Promise.reject(new Error("down")) };
    const { auth } = houseOf({ refresh: { maxSessions: 1 }, blocklist: down });
    await auth.login(READER);
    expect(await codeOf(auth.login(READER))).toBe("ok");
  });
});

describe("changePassword", () => {
  const CHANGE = { ...READER, newPassword: "battery staple" };

  it("takes the next password for the present one, ends every session, and begins one", async () => {
    const { auth, users, clock } = houseOf();
    const before = await auth.login(READER);
    clock.now += 1_000;
    const after = await auth.changePassword(CHANGE);
    expect(await codeOf(auth.authenticate(bearer(before)))).toBe("revoked");
    expect(await codeOf(auth.refresh(before.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.authenticate(bearer(after)))).toBe("ok");
    expect(await codeOf(auth.refresh(after.refreshToken))).toBe("ok");
    expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
    expect(await codeOf(auth.login({ ...READER, password: "battery staple" }))).toBe("ok");
    expect(await users.findById("user-1")).toMatchObject({ passwordChangedAt: new Date(NOW + 1_000) });
  });

  it.each<readonly [unknown, string]>([
    [{ ...CHANGE, password: "x" }, "invalid_credentials"],
    [{ ...CHANGE, login: "nobody" }, "invalid_credentials"],
    [{ ...CHANGE, newPassword: "" }, "unusable_password"],
    [{ ...CHANGE, newPassword: undefined }, "unusable_password"],
    [{ ...CHANGE, newPassword: { length: 9 } }, "unusable_password"],
    [{ newPassword: "x" }, "malformed_credentials"],
    [undefined, "malformed_credentials"],
  ])("refuses %j and changes nothing", async (input, code) => {
    const { auth } = houseOf();
    const login = await auth.login(READER);
    expect(await codeOf(auth.changePassword(input))).toBe(code);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("ok");
    expect(await codeOf(auth.login(READER))).toBe("ok");
  });

  it("of two at once, lets one through", async () => {
    const { auth } = houseOf();
    const both = ["one", "two"].map((newPassword) => codeOf(auth.changePassword({ ...READER, newPassword })));
    expect((await Promise.all(both)).sort()).toEqual(["invalid_credentials", "ok"]);
  });

  it("ends sessions for good even where ending them failed", async () => {
    const { auth, clock } = houseOf({ store: { endSessions: () => Promise.reject(new Error("down")) } });
    const before = await auth.login(READER);
    clock.now += 1_000;
    expect(await codeOf(auth.changePassword(CHANGE))).toBe("unavailable");
    expect(await codeOf(auth.refresh(before.refreshToken))).toBe(REFUSED);
  });

  it("needs a store that can replace a hash", async () => {
    const { auth } = houseOf({ users: { replacePasswordHash: undefined as never } });
    await expect(auth.changePassword(CHANGE)).rejects.toThrow(/needs a user store with replacePasswordHash/);
  });

  it.each([undefined, 1, "yes"])("takes %j for no answer of the store", async (answer) => {
    const { auth } = houseOf({ users: { replacePasswordHash: async () => answer as never } });
    expect(await codeOf(auth.changePassword(CHANGE))).toBe("unavailable");
  });
});

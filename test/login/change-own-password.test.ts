import { describe, expect, it } from "vitest";
import { decodeToken } from "../../src/core/token/decode.ts";
import type { Identity } from "../../src/guard/identity.ts";
import { codeOf, type House, houseOf, passwords, READER } from "../support/flow.ts";
import { SECOND } from "../support/tokens.ts";

const CHANGE = { password: READER.password, newPassword: "next" };
const NEXT = { ...READER, password: "next" };
const KEEP = { keepSession: true } as const;
const REFUSED = "invalid_refresh_token";
const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;

/** A user with two sessions, and the identity of the first. */
async function twoSessions(house: House) {
  const own = await house.auth.login(READER, { device: { label: "desk" } }, { persistent: false });
  const other = await house.auth.login(READER);
  const identity: Identity = await house.auth.authenticate(bearer(own));
  house.clock.now += 60_000;
  return { own, other, identity };
}

describe("changePassword of an identity", () => {
  it("needs no login, ends every session, and begins one", async () => {
    const house = houseOf();
    const { own, other, identity } = await twoSessions(house);
    const { auth } = house;
    const result = await auth.changePassword(identity, CHANGE, {}, { persistent: false });
    expect(result.persistent).toBe(false);
    for (const before of [own, other]) {
      expect(await codeOf(auth.authenticate(bearer(before)))).toBe("revoked");
      expect(await codeOf(auth.refresh(before.refreshToken))).toBe(REFUSED);
    }
    expect(await codeOf(auth.authenticate(bearer(result)))).toBe("ok");
    expect(await codeOf(auth.refresh(result.refreshToken))).toBe("ok");
    expect(await codeOf(auth.login(NEXT))).toBe("ok");
  });

  it("with keepSession ends the others, and the own one goes on by its refresh token", async () => {
    const house = houseOf();
    const { own, other, identity } = await twoSessions(house);
    const { auth } = house;
    const result = await auth.changePassword(identity, CHANGE, {}, KEEP);
    expect(Object.keys(result).sort()).toEqual(["accessToken", "expiresIn", "tokenType", "user"]);
    expect(decodeToken(result.accessToken).claims).toMatchObject({ sid: identity.sid, auth_time: SECOND + 60 });
    for (const before of [own, other]) expect(await codeOf(auth.authenticate(bearer(before)))).toBe("revoked");
    expect(await codeOf(auth.authenticate(bearer(result)))).toBe("ok");
    expect(await codeOf(auth.refresh(other.refreshToken))).toBe(REFUSED);
    const refreshed = await auth.refresh(own.refreshToken);
    expect(refreshed.persistent).toBe(false);
    expect(await codeOf(auth.authenticate(bearer(refreshed)))).toBe("ok");
    const listed = await auth.sessions(identity);
    expect(listed).toMatchObject([{ current: true, device: { label: "desk" }, methods: ["pwd"] }]);
    expect(await codeOf(auth.login(READER))).toBe("invalid_credentials");
  });

  it("with keepSession keeps no session under a password that somebody else sets meanwhile", async () => {
    const real = houseOf();
    const { own, other, identity } = await twoSessions(real);
    const endSessions: typeof real.store.endSessions = async (...args) => {
      const ended = await real.store.endSessions(...args);
      const { passwordHash } = (await real.users.findCredentials("reader")) ?? {};
      const changedAt = new Date(real.clock.now + 1);
      await real.users.replacePasswordHash("user-1", `${passwordHash}`, await passwords.hash("elsewhere"), changedAt);
      return ended;
    };
    const { auth } = houseOf({ like: real, store: { endSessions } });
    expect(await codeOf(auth.changePassword(identity, CHANGE, {}, KEEP))).toBe("invalid_credentials");
    for (const { refreshToken } of [own, other]) expect(await codeOf(real.auth.refresh(refreshToken))).toBe(REFUSED);
  });

  it("with keepSession leaves a session that the next log-out everywhere ends", async () => {
    const house = houseOf();
    const { own, identity } = await twoSessions(house);
    const result = await house.auth.changePassword(identity, CHANGE, {}, KEEP);
    await house.auth.logoutEverywhere("user-1");
    expect(await codeOf(house.auth.authenticate(bearer(result)))).toBe("revoked");
    expect(await codeOf(house.auth.refresh(own.refreshToken))).toBe(REFUSED);
  });

  it("with keepSession works by sessions alone", async () => {
    const house = houseOf({ blocklist: null });
    const { own, other, identity } = await twoSessions(house);
    await house.auth.changePassword(identity, CHANGE, {}, KEEP);
    expect(await codeOf(house.auth.refresh(own.refreshToken))).toBe("ok");
    expect(await codeOf(house.auth.refresh(other.refreshToken))).toBe(REFUSED);
  });

  it("with keepSession has a refresh of that session wait, which is not refused", async () => {
    const real = houseOf();
    const { own, identity } = await twoSessions(real);
    let refreshed: Promise<unknown> | undefined;
    const replacePasswordHash: typeof real.users.replacePasswordHash = async (...args) => {
      const answer = await real.users.replacePasswordHash(...args);
      refreshed ??= codeOf(auth.refresh(own.refreshToken));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return answer;
    };
    const { auth } = houseOf({ like: real, users: { replacePasswordHash } });
    await auth.changePassword(identity, CHANGE, {}, KEEP);
    expect(await refreshed).toBe("ok");
  });

  it("with keepSession is completed when it is sent again, wherever it was interrupted", async () => {
    let failures = 0;
    for (let at = 1; ; at += 1) {
      const real = houseOf();
      const { own, other, identity } = await twoSessions(real);
      let calls = 0;
      const failing = <Part extends object>(part: Part): Part =>
        Object.fromEntries(
          Object.entries(part).map(([name, method]) => [
            name,
            async (...args: unknown[]) => {
              calls += 1;
              if (calls >= at) throw new Error("down");
              return method(...args);
            },
          ]),
        ) as Part;
      const broken = houseOf({
        like: real,
        users: failing(real.users),
        store: failing(real.store),
        blocklist: failing(real.blocklist),
      });
      const first = await codeOf(broken.auth.changePassword(identity, CHANGE, {}, KEEP));
      if (first === "unavailable") failures += 1;
      const last = first === "ok" ? "ok" : await codeOf(real.auth.changePassword(identity, CHANGE, {}, KEEP));
      expect(last, `at call ${at}`).toBe("ok");
      for (const before of [own, other]) expect(await codeOf(real.auth.authenticate(bearer(before)))).toBe("revoked");
      expect(await codeOf(real.auth.refresh(other.refreshToken)), `at call ${at}`).toBe(REFUSED);
      expect(await codeOf(real.auth.refresh(own.refreshToken)), `at call ${at}`).toBe("ok");
      expect(await codeOf(real.auth.login(NEXT))).toBe("ok");
      if (calls < at) break;
    }
    expect(failures).toBeGreaterThan(5);
  });

  it("with keepSession leaves the token alone that it is sent again with, where the session can't be written", async () => {
    const real = houseOf();
    const { own, identity } = await twoSessions(real);
    const { auth } = houseOf({ like: real, store: { replaceSession: () => Promise.reject(new Error("down")) } });
    expect(await codeOf(auth.changePassword(identity, CHANGE, {}, KEEP))).toBe("unavailable");
    expect(await codeOf(real.auth.authenticate(bearer(own)))).toBe("ok");
  });

  it("with keepSession gives no token to a user who is disabled while the claims are made", async () => {
    const real = houseOf();
    const { identity } = await twoSessions(real);
    const claims = async (user: object) => Object.assign(user, { disabled: true }) && {};
    const { auth } = houseOf({ like: real, more: { claims } });
    expect(await codeOf(auth.changePassword(identity, CHANGE, {}, KEEP))).toBe("invalid_credentials");
  });

  it("compares both passwords also where the first is right, so that the time does not tell which was", async () => {
    let compared = 0;
    const compare: typeof passwords.compare = (...args) => {
      compared += 1;
      return passwords.compare(...args);
    };
    const { auth } = houseOf({ more: { passwords: { ...passwords, compare } } });
    const changing = codeOf(auth.changePassword({ ...READER, newPassword: "next" }));
    expect([await changing, compared]).toEqual(["ok", 2]);
  });

  it("with keepSession refuses an identity whose session has ended, and changes nothing", async () => {
    const house = houseOf();
    const { identity } = await twoSessions(house);
    await house.auth.logout(identity);
    expect(await codeOf(house.auth.changePassword(identity, CHANGE, {}, KEEP))).toBe("revoked");
    expect(await codeOf(house.auth.login(READER))).toBe("ok");
  });

  it("with keepSession ends the others also where its own is ended meanwhile", async () => {
    const real = houseOf();
    const { own, other, identity } = await twoSessions(real);
    const endSessions: typeof real.store.endSessions = async (...args) => {
      await real.auth.logoutSession("user-1", identity.sid ?? "");
      return real.store.endSessions(...args);
    };
    const { auth } = houseOf({ like: real, store: { endSessions } });
    expect(await codeOf(auth.changePassword(identity, CHANGE, {}, KEEP))).toBe("revoked");
    for (const before of [own, other]) expect(await codeOf(auth.authenticate(bearer(before)))).toBe("revoked");
    expect(await codeOf(auth.login(NEXT))).toBe("ok");
  });

  it("with keepSession is refused where all is ended while the claims are made", async () => {
    const real = houseOf();
    const { identity } = await twoSessions(real);
    const claims = async () => {
      await real.auth.logoutEverywhere("user-1");
      return {};
    };
    const { auth } = houseOf({ like: real, more: { claims } });
    expect(await codeOf(auth.changePassword(identity, CHANGE, {}, KEEP))).toBe("invalid_credentials");
  });

  it.each<readonly [unknown, string]>([
    [{ ...CHANGE, password: "x" }, "invalid_credentials"],
    [{ newPassword: "next" }, "malformed_credentials"],
    [undefined, "malformed_credentials"],
    [{ ...CHANGE, newPassword: "" }, "unusable_password"],
  ])("refuses %j and changes nothing", async (input, code) => {
    for (const options of [{}, KEEP]) {
      const house = houseOf();
      const { own, identity } = await twoSessions(house);
      expect(await codeOf(house.auth.changePassword(identity, input, {}, options))).toBe(code);
      expect(await codeOf(house.auth.authenticate(bearer(own)))).toBe("ok");
    }
  });

  it("takes no body for an identity, whatever is in it", async () => {
    const { auth } = houseOf();
    const body = { userId: "user-1", scopes: [], sid: "x", claims: {}, ...READER, newPassword: "next" };
    expect(await codeOf(auth.changePassword(body, { ip: "192.0.2.1" }))).toBe("malformed_credentials");
    expect(await codeOf(auth.changePassword(body))).toBe("malformed_credentials");
    expect(await codeOf(auth.login(READER))).toBe("ok");
  });

  it("names what is wrong with how it is called", async () => {
    const house = houseOf({ users: { findCredentialsById: undefined as never } });
    const { identity } = await twoSessions(house);
    await expect(house.auth.changePassword(identity, CHANGE)).rejects.toThrow(/with findCredentialsById/);
    const { auth } = houseOf();
    const none = { userId: "user-1", scopes: [], sid: null, claims: {} } as unknown as Identity;
    await expect(auth.changePassword(none, CHANGE, {}, KEEP)).rejects.toThrow(/keepSession needs an identity of a/);
    await expect(auth.changePassword(none, CHANGE, {}, { keepSession: 1 } as never)).rejects.toThrow(/true or false/);
    await expect(auth.changePassword(none, CHANGE, {}, { ...KEEP, persistent: true })).rejects.toThrow(
      /leave the rest/,
    );
    await expect(auth.changePassword(none, CHANGE, {}, { keep: true } as never)).rejects.toThrow(/no option "keep"/);
  });

  it("of two at once, lets one through", async () => {
    const house = houseOf();
    const { identity } = await twoSessions(house);
    const both = ["one", "two"].map((newPassword) =>
      codeOf(house.auth.changePassword(identity, { ...CHANGE, newPassword }, {}, KEEP)),
    );
    expect((await Promise.all(both)).sort()).toEqual(["invalid_credentials", "ok"]);
  });
});

it("a hasher's weak hash is renewed when the password is proved again", async () => {
  const { auth, users } = houseOf({ more: { passwords: { ...passwords, needsRehash: () => true } } });
  const identity = await auth.authenticate(bearer(await auth.login(READER)));
  const before = (await users.findCredentials("reader"))?.passwordHash;
  await auth.reauthenticate(identity, { password: READER.password });
  expect((await users.findCredentials("reader"))?.passwordHash).not.toBe(before);
});

import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import type { StartSessionOptions } from "../../src/sessions/session-options.ts";
import { codeOf, type House, houseOf, OUTAGES, PASSWORD, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf, SECOND } from "../support/tokens.ts";

const REFUSED = "invalid_credentials";
const USER = { id: "user-1" };
const claimsOf = ({ accessToken }: { accessToken: string }) => decodeToken(accessToken).claims;
const nothing = async () => undefined;

/** What cuts a user off. */
const CUTS: Readonly<Record<string, (house: House) => Promise<unknown>>> = {
  "is logged out everywhere": ({ auth }) => auth.logoutEverywhere("user-1"),
  // A blocklist that can't tell has the change wait for another millisecond, once all is cut.
  "changes the password": ({ auth }) => codeOf(auth.changePassword({ ...READER, newPassword: "next" })),
  "is disabled": async ({ users }) => Object.assign((await users.findById("user-1")) ?? {}, { disabled: true }),
  "is removed": async ({ users }) => users.remove("user-1"),
  "gets another password elsewhere": async ({ users, clock }) => {
    const { passwordHash } = (await users.findCredentials("reader")) ?? {};
    await users.replacePasswordHash("user-1", `${passwordHash}`, await passwords.hash("x"), new Date(clock.now));
  },
};

describe("verifyPassword", () => {
  it("gives the user as the store gave it, and when, and begins nothing", async () => {
    const { auth, users } = houseOf();
    const proof = await auth.verifyPassword(READER);
    expect(proof).toEqual({ user: await users.findById("user-1"), provenAt: new Date(NOW) });
    expect(proof.user).toBe(await users.findById("user-1"));
    expect(Object.isFrozen(proof)).toBe(true);
    expect(await auth.sessions("user-1")).toEqual([]);
  });

  it("refuses as login does, and counts as login does", async () => {
    let attempts = 0;
    const count = (more: number) => async () => {
      attempts += more;
    };
    const limiter = { consume: count(1), reward: count(-1) };
    const throttle = { account: limiter, address: { ...limiter } };
    const { auth } = houseOf({ more: { throttle } });
    expect(auth.throttled).toBe(true);
    expect(await codeOf(auth.verifyPassword({ ...READER, password: "x" }))).toBe(REFUSED);
    expect(attempts).toBe(3);
    expect(await codeOf(auth.verifyPassword({ ...READER, login: "nobody" }))).toBe(REFUSED);
    expect(await codeOf(auth.verifyPassword({ login: "reader" }))).toBe("malformed_credentials");
    expect(await codeOf(auth.verifyPassword(READER, { ip: "unknown" }))).toBe("unavailable");
  });
});

describe("startSession after verifyPassword", () => {
  it("is a login, whose tokens are dated by now and say when the password was proved", async () => {
    const { auth, clock } = houseOf();
    const proof = await auth.verifyPassword(READER);
    clock.now += 60_500;
    const result = await auth.startSession(proof, { methods: ["pwd", "otp"], acr: "urn:example:two" });
    expect(claimsOf(result)).toMatchObject({
      iat: SECOND + 60,
      auth_time: SECOND,
      amr: ["pwd", "otp"],
      acr: "urn:example:two",
    });
    const next = claimsOf(await auth.refresh(result.refreshToken));
    expect(next).toMatchObject({ auth_time: SECOND, amr: ["pwd", "otp"], acr: "urn:example:two" });
    expect(claimsOf(await auth.startSession(proof))).toMatchObject({ amr: ["pwd"] });
  });

  it.each(Object.entries(CUTS))("refuses a user who %s in between", async (_what, cut) => {
    for (const changes of [{}, { blocklist: null }, { blocklist: { revokedUpTo: undefined as never } }] as const) {
      const house = houseOf(changes);
      const proof = await house.auth.verifyPassword(READER);
      house.clock.now += 1_000;
      await cut(house);
      house.clock.now += 1_000;
      expect(await codeOf(house.auth.startSession(proof))).toBe(REFUSED);
      const isNewer = ({ createdAt }: { createdAt: Date }) => createdAt.getTime() > NOW + 1_500;
      expect((await house.auth.sessions("user-1")).filter(isNewer)).toEqual([]);
    }
  });

  it("refuses one who is cut off by a blocklist alone", async () => {
    for (const blocklist of [{}, { revokedUpTo: undefined as never }]) {
      const { users, blocklist: list, clock } = houseOf({ blocklist });
      const token = profileOf(undefined, { now: () => clock.now });
      const auth = createAuthenticator({ token, users, passwords, blocklist: list });
      const proof = await auth.verifyPassword(READER);
      clock.now += 1_000;
      await auth.logoutEverywhere("user-1");
      clock.now += 1_000;
      expect(await codeOf(auth.startSession(proof))).toBe(REFUSED);
      expect(await codeOf(auth.startSession(USER, { provenAt: proof.provenAt }))).toBe(REFUSED);
      expect(await codeOf(auth.startSession(USER, { provenAt: new Date(clock.now - 1) }))).toBe("ok");
      expect(await codeOf(auth.startSession(await auth.verifyPassword(READER)))).toBe("ok");
    }
  });

  it("goes on where the hash of the same password was renewed in between, and renews a weak one itself", async () => {
    const stronger = { ...passwords, needsRehash: () => true };
    const { auth, users } = houseOf({ more: { passwords: stronger } });
    const [one, two] = [await auth.verifyPassword(READER), await auth.verifyPassword(READER)];
    const before = (await users.findCredentials("reader"))?.passwordHash;
    expect(await codeOf(auth.startSession(one))).toBe("ok");
    expect((await users.findCredentials("reader"))?.passwordHash).not.toBe(before);
    expect(await codeOf(auth.startSession(two))).toBe("ok");
  });

  it("refuses a proof that is older than an access token may become", async () => {
    const { auth, clock } = houseOf();
    const proof = await auth.verifyPassword(READER);
    clock.now += 900_000;
    expect(await codeOf(auth.startSession(proof))).toBe("ok");
    clock.now += 1;
    expect(await codeOf(auth.startSession(proof))).toBe(REFUSED);
    expect(await codeOf(auth.startSession(USER, { provenAt: proof.provenAt }))).toBe(REFUSED);
  });

  it("takes a proof on other stores than it rests on for none", async () => {
    const [one, two] = [houseOf(), houseOf()];
    const { users, blocklist, store } = one;
    const options = { token: profileOf(), passwords, users, blocklist, refresh: { store } };
    const given = await createAuthenticator(options).verifyPassword(READER);
    for (const other of [{ users: two.users }, { blocklist: two.blocklist }, { refresh: { store: two.store } }]) {
      const { startSession } = createAuthenticator({ ...options, ...other });
      await expect(startSession(given)).rejects.toThrow(/startSession: another authenticator's verifyPassword/);
    }
    const { startSession } = createAuthenticator(options);
    expect(await codeOf(startSession(given))).toBe("ok");
  });

  it("takes no copy of a proof for one, and no instant beside it", async () => {
    const { auth } = houseOf();
    const proof = await auth.verifyPassword(READER);
    await expect(auth.startSession({ ...proof } as never)).rejects.toThrow(/what verifyPassword gave, as it is/);
    await expect(auth.startSession(proof, { provenAt: new Date(NOW) })).rejects.toThrow(/leave the option out/);
  });

  it("ends the session that the client has had, and remembers the device of either call", async () => {
    const { auth } = houseOf();
    const [first, second] = [await auth.login(READER), await auth.login(READER)];
    const origin = { refreshToken: first.refreshToken, device: { label: "one" } };
    await auth.startSession(await auth.verifyPassword(READER, origin));
    expect(await codeOf(auth.refresh(first.refreshToken))).toBe("invalid_refresh_token");
    const more = { refreshToken: second.refreshToken, device: { label: "two" } };
    await auth.startSession(await auth.verifyPassword(READER, origin), more);
    expect(await codeOf(auth.refresh(second.refreshToken))).toBe("invalid_refresh_token");
    expect((await auth.sessions("user-1")).map(({ device }) => device.label).sort()).toEqual(["one", "two"]);
  });
});

describe("startSession after another proof", () => {
  it("begins a session of the user that the store has now", async () => {
    const { auth, users } = houseOf();
    const result = await auth.startSession({ ...USER, name: "stale" } as never, { methods: ["hwk"] });
    expect(result.user).toBe(await users.findById("user-1"));
    expect(claimsOf(result)).toMatchObject({ sub: "user-1", auth_time: SECOND, amr: ["hwk"] });
    expect(await codeOf(auth.refresh(result.refreshToken))).toBe("ok");
    expect(claimsOf(await auth.startSession(USER))).not.toHaveProperty("amr");
  });

  it("only issues an access token where there are no sessions", async () => {
    const { users } = houseOf();
    const auth = createAuthenticator({ token: profileOf(), users, passwords });
    const result = await auth.startSession(USER);
    expect(result).toEqual({
      accessToken: expect.any(String),
      tokenType: "Bearer",
      expiresIn: 900,
      user: expect.anything(),
    });
    expect(await codeOf(auth.startSession(USER, { persistent: false }))).toMatchObject({
      message: "startSession: lifetimes and persistent are for sessions: give refresh: { store }",
    });
  });

  it.each(Object.entries(CUTS))("refuses a user who %s since provenAt", async (_what, cut) => {
    const house = houseOf();
    const provenAt = new Date(house.clock.now);
    house.clock.now += 1_000;
    await cut(house);
    house.clock.now += 1_000;
    expect(await codeOf(house.auth.startSession(USER, { provenAt }))).toBe(REFUSED);
  });

  describe.each([
    [0, 20_000],
    [20_000, 0],
    [0, 0],
  ])("with provenAt of a machine %d ms ahead, cut off by one %d ms ahead", (proverAhead, cutterAhead) => {
    const nodesOf = () => {
      const house = houseOf();
      const nodeOf = (ahead: number): House => {
        const token = profileOf(undefined, { now: () => house.clock.now + ahead, clockTolerance: "30s" });
        return houseOf({ like: house, more: { token } });
      };
      return { house, prover: nodeOf(proverAhead), cutter: nodeOf(cutterAhead) };
    };

    it.each(Object.entries(CUTS))("refuses a user who %s a moment later", async (_what, cut) => {
      const { house, prover, cutter } = nodesOf();
      const { provenAt } = await prover.auth.verifyPassword(READER);
      house.clock.now += 1_000;
      await cut(cutter);
      house.clock.now += 1_000;
      for (const { auth } of [prover, cutter]) {
        expect(await codeOf(auth.startSession(USER, { provenAt }))).toBe(REFUSED);
      }
    });

    it("takes a password that was proved after the user was cut off", async () => {
      const { house, prover, cutter } = nodesOf();
      await cutter.auth.changePassword({ ...READER, newPassword: "next" });
      house.clock.now += 1;
      const { provenAt } = await prover.auth.verifyPassword({ ...READER, password: "next" });
      house.clock.now += 60_000;
      const result = await cutter.auth.startSession(USER, { provenAt });
      expect(claimsOf(result).auth_time).toBeLessThanOrEqual(SECOND + 60 + cutterAhead / 1_000);
      expect(await codeOf(prover.auth.startSession(USER, { provenAt }))).toBe("ok");
    });
  });

  it.each([0, "30s"] as const)(
    "tells a password that is proved in the millisecond of a log-out from one before it, with a clockTolerance of %s",
    async (clockTolerance) => {
      const { auth } = houseOf({ more: { token: profileOf(undefined, { clockTolerance }) } });
      const before = await auth.verifyPassword(READER);
      await auth.logoutEverywhere("user-1");
      const { provenAt } = await auth.verifyPassword(READER);
      expect(await codeOf(auth.startSession(USER, { provenAt: before.provenAt }))).toBe(REFUSED);
      expect(await codeOf(auth.startSession(USER, { provenAt }))).toBe("ok");
    },
  );

  it("notices a log-out since a provenAt that is years ahead", async () => {
    const { auth, clock } = houseOf();
    await auth.logoutEverywhere("user-1");
    const provenAt = new Date(clock.now + 1e11);
    clock.now -= 60_000; // The log-out lies ahead of this clock.
    expect(await codeOf(auth.startSession(USER, { provenAt }))).toBe(REFUSED);
  });

  it.each(Object.entries(CUTS))("refuses a user who %s while it is under way", async (_what, cut) => {
    for (const at of ["claims", "findById", "endings"] as const) {
      const real = houseOf();
      let isCut = false;
      const cutOnce = async () => {
        if (!isCut) {
          isCut = true;
          real.clock.now += 5;
          await cut(real);
          real.clock.now += 5;
        }
      };
      const { auth } = houseOf({
        like: real,
        store: {
          endings: async (id) => {
            const answer = await real.store.endings(id);
            if (at === "endings") await cutOnce();
            return answer;
          },
        },
        users: {
          findById: async (id) => {
            const answer = await real.users.findById(id);
            const known = answer && { ...answer };
            if (at === "findById") await cutOnce();
            return known;
          },
        },
        more: { claims: async () => (at === "claims" ? cutOnce() : nothing()).then(() => ({})), storeTimeoutMs: 2_000 },
      });
      const code = await codeOf(auth.startSession(USER, { provenAt: new Date(NOW) }));
      expect([at, code]).toEqual([at, REFUSED]);
      expect((await real.store.sessions("user-1", new Date(0))).length).toBe(_what === "changes the password" ? 1 : 0);
    }
  });

  it("refuses one whose password changes while it is under way, with no log-out and no provenAt", async () => {
    const real = houseOf();
    const claims = async () => CUTS["gets another password elsewhere"]?.(real).then(() => ({}));
    const { auth } = houseOf({ like: real, more: { claims, storeTimeoutMs: 2_000 } as never });
    expect(await codeOf(auth.startSession(USER))).toBe(REFUSED);
  });

  it("notices by a blocklist alone a log-out that comes between its beginning and its first look", async () => {
    const { users, blocklist, clock } = houseOf();
    const token = profileOf(undefined, { now: () => clock.now });
    const cutting = createAuthenticator({ token, users, passwords, blocklist });
    let isCut = false;
    const revokedUpTo = async (id: string) => {
      if (!isCut) {
        isCut = true;
        clock.now += 5;
        await cutting.logoutEverywhere(id);
        clock.now += 5;
      }
      return blocklist.revokedUpTo?.(id) ?? null;
    };
    const auth = createAuthenticator({ token, users, passwords, blocklist: { ...blocklist, revokedUpTo } });
    expect(await codeOf(auth.startSession(USER))).toBe(REFUSED);
    expect(await codeOf(auth.startSession(USER))).toBe("ok");
  });

  it("notices a log-out that comes between its beginning and its first look", async () => {
    const real = houseOf();
    const { auth } = houseOf({
      like: real,
      blocklist: {
        revokedUpTo: async (id) => {
          if ((await real.blocklist.revokedUpTo?.(id)) == null) {
            real.clock.now += 1;
            await real.auth.logoutEverywhere(id);
            real.clock.now += 1;
          }
          return real.blocklist.revokedUpTo?.(id) ?? null;
        },
      },
    });
    expect(await codeOf(auth.startSession(USER))).toBe(REFUSED);
  });

  it("lives where it follows a log-out everywhere of the same millisecond", async () => {
    const { auth } = houseOf();
    await auth.logoutEverywhere("user-1");
    const result = await auth.startSession(USER);
    expect(await codeOf(auth.authenticate(`Bearer ${result.accessToken}`))).toBe("ok");
  });

  it("takes an instant to come for now", async () => {
    const { auth } = houseOf();
    expect(claimsOf(await auth.startSession(USER, { provenAt: new Date(NOW + 60_000) })).auth_time).toBe(SECOND);
  });

  it("goes on under the password of now, and is over when that changes", async () => {
    const { auth, users, clock } = houseOf();
    await auth.changePassword({ ...READER, newPassword: "next" });
    const result = await auth.startSession(USER);
    expect(await codeOf(auth.refresh(result.refreshToken))).toBe("ok");
    const { passwordHash } = (await users.findCredentials("reader")) ?? {};
    await users.replacePasswordHash("user-1", `${passwordHash}`, await passwords.hash("x"), new Date(clock.now + 1));
    expect(await codeOf(auth.refresh(result.refreshToken))).toBe("invalid_refresh_token");
  });

  it.each([undefined, null, "user-1", 1, {}, { id: "" }, { id: 1 }, [USER]])("takes %j for no user", async (who) => {
    await expect(houseOf().auth.startSession(who as never)).rejects.toThrow(/startSession takes a user with an id/);
  });

  describe.each(["findById", "endings", "revokedUpTo", "startSession"] as const)("whose %s", (method) => {
    it.each(OUTAGES)("%s is an outage", async (_how, broken) => {
      const part = { [method]: broken };
      const told: unknown[] = [];
      const onOutage = (_error: unknown, { operation }: { operation: string }) => told.push(operation);
      const { auth } = houseOf({ users: part, store: part, blocklist: part, more: { onOutage } } as never);
      expect(await codeOf(auth.startSession(USER))).toBe("unavailable");
      expect(told).toEqual(["startSession"]);
    });
  });

  it("takes an answer that is neither true nor false for an outage of a blocklist that can't tell", async () => {
    const { auth, clock } = houseOf({
      blocklist: { revokedUpTo: undefined as never, isRevoked: async () => 0 as never },
    });
    clock.now += 5;
    expect(await codeOf(auth.startSession(USER, { provenAt: new Date(NOW) }))).toBe("unavailable");
  });
});

describe("how a session is to be", () => {
  it.each<readonly [unknown, RegExp]>([
    [{ method: ["pwd"] }, /there is no option "method"/],
    [{ methods: "pwd" }, /methods must be at most 8 names without spaces/],
    [{ methods: ["a b"] }, /methods must be/],
    [{ methods: [""] }, /methods must be/],
    [{ methods: [1] }, /methods must be/],
    [{ methods: Array(9).fill("x") }, /methods must be/],
    [{ methods: ["x".repeat(65)] }, /methods must be/],
    [{ acr: "a b" }, /acr must be a name/],
    [{ acr: 1 }, /acr must be a name/],
    [{ acr: "x".repeat(256) }, /acr must be a name/],
    [{ persistent: "false" }, /persistent must be true or false/],
    [{ idleLifetime: "15d" }, /idleLifetime is longer than refresh: \{ idleLifetime \}/],
    [{ absoluteLifetime: "91d" }, /absoluteLifetime is longer than refresh/],
    [{ idleLifetime: "soon" }, /startSession: idleLifetime must be a whole number of seconds/],
    [{ device: { agent: "x" } }, /a session's device: there is no option "agent"/],
    [{ device: "phone" }, /a session's device takes a plain object/],
    [{ provenAt: NOW }, /provenAt must be a valid Date/],
    [{ provenAt: new Date(Number.NaN) }, /provenAt must be a valid Date/],
    [null, /startSession takes a plain object with options/],
  ])("refuses %j", async (options, message) => {
    await expect(houseOf().auth.startSession(USER, options as StartSessionOptions)).rejects.toThrow(message);
  });

  it("is checked at login too, which takes no provenAt", async () => {
    const { auth } = houseOf();
    await expect(auth.login(READER, {}, { provenAt: new Date(NOW) } as never)).rejects.toThrow(/login: there is no/);
    await expect(auth.login(READER, { device: { x: 1 } as never })).rejects.toThrow(/a session's device: there is no/);
    await expect(auth.changePassword({ ...READER, newPassword: "y" }, {}, { acr: "" })).rejects.toThrow(
      /changePassword: acr/,
    );
  });

  it("is what a login says, and each refresh goes by it", async () => {
    const { auth, clock } = houseOf();
    const wishes = { idleLifetime: "1h", absoluteLifetime: "2h", persistent: false, methods: ["pwd", "sms"] } as const;
    let session = await auth.login(READER, {}, wishes);
    expect(session).toMatchObject({ refreshExpiresIn: 3_600, persistent: false });
    expect(claimsOf(session)).toMatchObject({ amr: ["pwd", "sms"] });
    clock.now += 3_599_000;
    session = await auth.refresh(session.refreshToken);
    expect(session).toMatchObject({ refreshExpiresIn: 3_600, persistent: false });
    clock.now += 3_599_000;
    session = await auth.refresh(session.refreshToken);
    expect(session.refreshExpiresIn).toBe(2);
    clock.now += 2_000;
    expect(await codeOf(auth.refresh(session.refreshToken))).toBe("invalid_refresh_token");
  });

  it("is never longer than the authenticator's, also where that was shortened since", async () => {
    const real = houseOf();
    const session = await real.auth.login(READER, {}, { idleLifetime: "10d" });
    const { auth } = houseOf({ like: real, refresh: { idleLifetime: "1h" } });
    expect((await auth.refresh(session.refreshToken)).refreshExpiresIn).toBe(3_600);
  });

  it("is what a change of password says of the session that it begins", async () => {
    const { auth } = houseOf();
    const change = { ...READER, newPassword: "next" };
    const changed = await auth.changePassword(change, { device: { label: "desk" } }, { persistent: false });
    expect(changed.persistent).toBe(false);
    expect(await auth.sessions("user-1")).toMatchObject([
      { device: { label: "desk" }, methods: ["pwd"], persistent: false },
    ]);
  });

  it("the application's claims can't be taken for it", async () => {
    const claims = () => ({ auth_time: 1, amr: ["hwk"], acr: "high", sid: "x" });
    const { auth } = houseOf({ more: { claims } as never });
    expect(claimsOf(await auth.login(READER))).toMatchObject({ auth_time: SECOND, amr: ["pwd"] });
  });
});

it("a login keeps no password where a listener or a store could see it", async () => {
  const { auth } = houseOf();
  const proof = await auth.verifyPassword(READER);
  expect(JSON.stringify([proof, Object.getOwnPropertySymbols(proof)])).not.toContain(PASSWORD);
});

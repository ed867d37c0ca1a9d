import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import type { Identity } from "../../src/guard/identity.ts";
import { codeOf, type House, houseOf, OUTAGES, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf, SECOND } from "../support/tokens.ts";

const PROOF = { password: READER.password };
const claimsOf = ({ accessToken }: { accessToken: string }) => decodeToken(accessToken).claims;
const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;

async function loggedIn(house: House, methods: readonly string[] = ["pwd"]) {
  const session = await house.auth.login(READER, {}, { methods });
  const identity = await house.auth.authenticate(bearer(session));
  house.clock.now += 60_000;
  return { session, identity: identity as Identity };
}

describe("reauthenticate", () => {
  it("gives an access token of the same session, which says when, and so do its refreshes", async () => {
    const house = houseOf();
    const { session, identity } = await loggedIn(house, ["pwd", "otp"]);
    const { auth } = house;
    const result = await auth.reauthenticate(identity, PROOF);
    expect(Object.keys(result).sort()).toEqual(["accessToken", "expiresIn", "tokenType", "user"]);
    expect(claimsOf(result)).toMatchObject({ sid: identity.sid, auth_time: SECOND + 60, amr: ["pwd"] });
    expect(await codeOf(auth.authenticate(bearer(result)))).toBe("ok");
    expect(await codeOf(auth.authenticate(bearer(session)))).toBe("ok");
    const next = await auth.refresh(session.refreshToken);
    expect(claimsOf(next)).toMatchObject({ sid: identity.sid, auth_time: SECOND + 60, amr: ["pwd"] });
    const listed = await auth.sessions("user-1");
    expect(listed).toMatchObject([
      { authenticatedAt: new Date(NOW + 60_000), methods: ["pwd"], createdAt: new Date(NOW) },
    ]);
  });

  it("says which methods and class the proof was of", async () => {
    const house = houseOf();
    const { identity } = await loggedIn(house);
    const result = await house.auth.reauthenticate(identity, PROOF, {}, { methods: ["pwd", "otp"], acr: "two" });
    expect(claimsOf(result)).toMatchObject({ amr: ["pwd", "otp"], acr: "two" });
    const wrong = house.auth.reauthenticate(identity, PROOF, {}, { persistent: true } as never);
    await expect(wrong).rejects.toThrow(/reauthenticate: there is no option "persistent"/);
  });

  it("leaves the session's device and lifetimes as they are", async () => {
    const house = houseOf();
    const wishes = { idleLifetime: "1h", persistent: false, device: { label: "desk" } } as const;
    const session = await house.auth.login(READER, {}, wishes);
    await house.auth.reauthenticate(await house.auth.authenticate(bearer(session)), PROOF);
    expect(await house.auth.sessions("user-1")).toMatchObject([{ device: { label: "desk" }, persistent: false }]);
    expect((await house.auth.refresh(session.refreshToken)).refreshExpiresIn).toBe(3_600);
  });

  it.each<readonly [string, unknown, string]>([
    ["a wrong password", { password: "x" }, "invalid_credentials"],
    ["no password", {}, "malformed_credentials"],
    ["an operator", { password: { $ne: 1 } }, "malformed_credentials"],
    ["nothing", undefined, "malformed_credentials"],
  ])("refuses %s", async (_what, input, code) => {
    const house = houseOf();
    const { identity } = await loggedIn(house);
    expect(await codeOf(house.auth.reauthenticate(identity, input))).toBe(code);
    expect((await house.auth.sessions("user-1"))[0]?.authenticatedAt).toEqual(new Date(NOW));
  });

  it("counts as a login of that user does, and by the user alone", async () => {
    const keys: string[] = [];
    const limiter = { consume: async (key: string) => void keys.push(key), reward: async () => undefined };
    const address = { consume: async () => undefined, reward: async () => undefined };
    const house = houseOf({ more: { throttle: { account: limiter, address } } });
    const { identity } = await loggedIn(house);
    const counted = keys.splice(0).filter((key) => key.startsWith("user:"));
    expect(await codeOf(house.auth.reauthenticate(identity, { password: "x" }, { ip: "192.0.2.1" }))).toBe(
      "invalid_credentials",
    );
    expect(keys).toEqual(counted);
    expect(await codeOf(house.auth.reauthenticate(identity, PROOF, { ip: "unknown" }))).toBe("unavailable");
  });

  it.each<readonly [string, (house: House, identity: Identity) => Promise<unknown>, string]>([
    ["has ended", ({ auth }, identity) => auth.logout(identity), "revoked"],
    ["was ended with all others", ({ auth }) => auth.logoutEverywhere("user-1"), "revoked"],
    ["has expired", async ({ clock }) => (clock.now += 15 * 86_400_000), "revoked"],
    [
      "is of a user who was disabled",
      async ({ users }) => Object.assign((await users.findById("user-1")) ?? {}, { disabled: true }),
      "invalid_credentials",
    ],
    ["is of a user who was removed", async ({ users }) => users.remove("user-1"), "invalid_credentials"],
  ])("refuses where the session %s, before or while the password is compared", async (_what, end, code) => {
    const house = houseOf();
    const { identity } = await loggedIn(house);
    await end(house, identity);
    expect(await codeOf(house.auth.reauthenticate(identity, PROOF))).toBe(code);

    const real = houseOf({ more: { storeTimeoutMs: 2_000 } });
    const own = await loggedIn(real);
    const compare: typeof passwords.compare = async (...args) => {
      const matches = await passwords.compare(...args);
      real.clock.now += 5;
      await end(real, own.identity);
      return matches;
    };
    const held = houseOf({ like: real, more: { passwords: { ...passwords, compare }, storeTimeoutMs: 2_000 } });
    const refusal = await codeOf(held.auth.reauthenticate(own.identity, PROOF));
    expect([code, "invalid_credentials"]).toContain(refusal);
    expect(refusal).not.toBe("ok");
  });

  it("refuses one whose password is changed while it is compared", async () => {
    const real = houseOf();
    const { identity } = await loggedIn(real);
    const compare: typeof passwords.compare = async (...args) => {
      const matches = await passwords.compare(...args);
      await real.auth.resetPassword("user-1", "next");
      return matches;
    };
    const { auth } = houseOf({ like: real, more: { passwords: { ...passwords, compare }, storeTimeoutMs: 2_000 } });
    expect(await codeOf(auth.reauthenticate(identity, PROOF))).toBe("invalid_credentials");
  });

  it.each(["logoutEverywhere", "logout"] as const)(
    "hands out nothing that outlives a %s at the same time",
    async (verb) => {
      for (let round = 0; round < 20; round += 1) {
        const house = houseOf({ more: { storeTimeoutMs: 2_000 } });
        const { identity } = await loggedIn(house);
        const end = verb === "logout" ? () => house.auth.logout(identity) : () => house.auth.logoutEverywhere("user-1");
        const proof = house.auth.reauthenticate(identity, PROOF).catch(() => null);
        for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
        await end();
        const result = await proof;
        if (result !== null) expect(await codeOf(house.auth.authenticate(bearer(result)))).toBe("revoked");
      }
    },
  );

  it("keeps what a refresh at the same time did, and the other way round", async () => {
    const real = houseOf();
    const { session, identity } = await loggedIn(real);
    let crossing = 0;
    let refreshed = session;
    const sessions: typeof real.store.sessions = async (...args) => {
      const found = await real.store.sessions(...args);
      if (crossing < 3) refreshed = await real.auth.refresh(refreshed.refreshToken);
      crossing += 1;
      return found;
    };
    const { auth } = houseOf({ like: real, store: { sessions } });
    expect(claimsOf(await auth.reauthenticate(identity, PROOF))).toMatchObject({ auth_time: SECOND + 60 });
    expect(crossing).toBe(4);
    const next = await real.auth.refresh(refreshed.refreshToken);
    expect(claimsOf(next)).toMatchObject({ auth_time: SECOND + 60 });

    const findById: typeof real.users.findById = async (id) => {
      await real.auth.reauthenticate(identity, PROOF, {}, { methods: ["pwd", "otp"] });
      return real.users.findById(id);
    };
    const crossed = await houseOf({ like: real, users: { findById } }).auth.refresh(next.refreshToken);
    expect(claimsOf(await real.auth.refresh(crossed.refreshToken))).toMatchObject({ amr: ["pwd", "otp"] });
  });

  it("gives up where the session is replaced all the time", async () => {
    const real = houseOf();
    const { identity } = await loggedIn(real);
    const { auth } = houseOf({ like: real, store: { replaceSession: async () => false } });
    expect(await codeOf(auth.reauthenticate(identity, PROOF))).toBe("unavailable");
  });

  it("works without sessions, and with a token of none", async () => {
    const { users } = houseOf();
    const auth = createAuthenticator({ token: profileOf(), users, passwords });
    const identity = await auth.authenticate(bearer(await auth.login(READER)));
    const result = await auth.reauthenticate(identity, PROOF);
    expect(claimsOf(result)).toMatchObject({ auth_time: SECOND, amr: ["pwd"] });
    expect(claimsOf(result)).not.toHaveProperty("sid");
    const own = { userId: "user-1", scopes: [], claims: {} } as never; // of a guard of the application's own
    expect(await codeOf(houseOf().auth.reauthenticate(own, PROOF))).toBe("ok");
  });

  it("needs an identity, and a store that finds by id", async () => {
    const house = houseOf({ users: { findCredentialsById: undefined as never } });
    const { identity } = await loggedIn(house);
    await expect(house.auth.reauthenticate(identity, PROOF)).rejects.toThrow(
      /needs a user store with findCredentialsById/,
    );
    await expect(house.auth.reauthenticate("user-1" as never, PROOF)).rejects.toThrow(/takes the identity/);
  });

  it.each([
    undefined,
    1,
    {},
    { user: null, passwordHash: null },
    { user: { id: "user-2" }, passwordHash: null },
    { user: { id: "user-1" } },
  ])("takes %j for no answer of the store", async (answer) => {
    const real = houseOf();
    const { identity } = await loggedIn(real);
    const { auth } = houseOf({ like: real, users: { findCredentialsById: async () => answer as never } });
    expect(await codeOf(auth.reauthenticate(identity, PROOF))).toBe("unavailable");
  });

  describe.each(["findCredentialsById", "sessions", "replaceSession", "revokedUpTo"] as const)("whose %s", (method) => {
    it.each(OUTAGES)("%s is an outage", async (_how, broken) => {
      const real = houseOf();
      const { identity } = await loggedIn(real);
      const part = { [method]: broken };
      const told: unknown[] = [];
      const onOutage = (_error: unknown, { operation }: { operation: string }) => told.push(operation);
      const { auth } = houseOf({ like: real, users: part, store: part, blocklist: part, more: { onOutage } } as never);
      expect(await codeOf(auth.reauthenticate(identity, PROOF))).toBe("unavailable");
      expect(told).toEqual(["reauthenticate"]);
    });
  });
});

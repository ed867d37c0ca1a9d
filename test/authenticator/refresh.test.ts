import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { RefreshOptions } from "../../src/authenticator/refresh-options.ts";
import type { RefreshStore, StoredRefreshToken, UserStore } from "../../src/stores/contract.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, houseOf, OUTAGES, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const REFUSED = "invalid_refresh_token";
const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;

describe("a session", () => {
  it("begins at login: both tokens, and the session's id in the access token", async () => {
    const { auth, store } = houseOf();
    const result = await auth.login(READER);
    expect(result).toEqual({
      accessToken: expect.any(String),
      tokenType: "Bearer",
      expiresIn: 900,
      user: { id: "user-1" },
      refreshToken: expect.stringMatching(/^[\w-]{43}$/),
      refreshExpiresIn: 14 * 86_400,
    });
    const { claims } = await auth.authenticate(bearer(result));
    const at = new Date(NOW);
    expect(await store.sessions("user-1", at)).toEqual([
      { sid: claims.sid, userId: "user-1", createdAt: at, lastUsedAt: at },
    ]);
    expect(await auth.sessions("user-1")).toEqual(await store.sessions("user-1", at));
  });

  it("keeps the refresh token's SHA-256 and never the token", async () => {
    const stored: unknown[] = [];
    const inner = memoryRefreshStore();
    const startSession: RefreshStore["startSession"] = async (...args) => {
      stored.push(args);
      await inner.startSession(...args);
    };
    const { auth } = houseOf({ store: { ...inner, startSession } });
    const { refreshToken } = await auth.login(READER);
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(refreshToken))).toString(
      "base64url",
    );
    expect(JSON.stringify(stored)).toContain(hash);
    expect(JSON.stringify(stored)).not.toContain(refreshToken);
  });
});

describe("refresh", () => {
  it("gives the next tokens of the same session", async () => {
    const { auth, clock } = houseOf();
    const first = await auth.login(READER);
    clock.now += MINUTE;
    const second = await auth.refresh(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const [one, two] = await Promise.all([auth.authenticate(bearer(first)), auth.authenticate(bearer(second))]);
    expect(two.claims.sid).toBe(one.claims.sid);
    expect(two.claims.jti).not.toBe(one.claims.jti);
    expect((await auth.sessions("user-1")).map(({ createdAt, lastUsedAt }) => [+createdAt, +lastUsedAt])).toEqual([
      [NOW, NOW + MINUTE],
    ]);
    expect((await auth.refresh(second.refreshToken)).user).toEqual({ id: "user-1" });
  });

  it("asks for the claims again", async () => {
    let scope = "read";
    const { auth } = houseOf({ more: { claims: () => ({ scope }) } });
    const { refreshToken } = await auth.login(READER);
    scope = "read write";
    expect((await auth.authenticate(bearer(await auth.refresh(refreshToken)))).scopes).toEqual(["read", "write"]);
  });

  it("refuses what is no text, and answers alike for all that is no living token", async () => {
    const { auth, clock } = houseOf();
    for (const nothing of [undefined, null, "", 1, {}, [], new String("x")]) {
      expect(await codeOf(auth.refresh(nothing))).toBe("malformed_refresh_token");
    }
    const errors: unknown[] = [];
    const keep = (error: unknown): unknown =>
      errors.push(JSON.stringify(error), (error as { headers: object }).headers);
    await auth.refresh("x").catch(keep);
    await auth.refresh("x".repeat(10_000_000)).catch(keep);
    await auth.refresh("A".repeat(43)).catch(keep);
    const spent = await auth.login(READER);
    await auth.refresh(spent.refreshToken);
    clock.now += MINUTE;
    await auth.refresh(spent.refreshToken).catch(keep);
    const ended = await auth.login(READER);
    await auth.logout(await auth.authenticate(bearer(ended)));
    await auth.refresh(ended.refreshToken).catch(keep);
    const old = await auth.login(READER);
    clock.now += 14 * DAY;
    await auth.refresh(old.refreshToken).catch(keep);
    expect(errors.length).toBe(12);
    expect(new Set(errors.map((it) => JSON.stringify(it))).size).toBe(2);
    expect(JSON.parse(errors[0] as string)).toEqual({ error: REFUSED, message: "The session is over, log in again" });
    expect(errors[1]).toEqual({ "WWW-Authenticate": 'Bearer realm="api"' });
  });

  it("ends with the idle lifetime, which every refresh begins anew", async () => {
    const { auth, clock } = houseOf({ refresh: { idleLifetime: "1h" } });
    let { refreshToken, refreshExpiresIn } = await auth.login(READER);
    expect(refreshExpiresIn).toBe(3_600);
    clock.now += 60 * MINUTE - 1;
    ({ refreshToken } = await auth.refresh(refreshToken));
    clock.now += 60 * MINUTE;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
    expect(await auth.sessions("user-1")).toEqual([]);
  });

  it("ends with the absolute lifetime, whatever is refreshed", async () => {
    const { auth, clock } = houseOf({ refresh: { idleLifetime: "1h", absoluteLifetime: "90m" } });
    let { refreshToken, refreshExpiresIn } = await auth.login(READER);
    clock.now += 50 * MINUTE;
    ({ refreshToken, refreshExpiresIn } = await auth.refresh(refreshToken));
    expect(refreshExpiresIn).toBe(40 * 60);
    clock.now += 40 * MINUTE - 500;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED); // what is left would be no second
    clock.now += 500;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
  });

  it.each<readonly [string, unknown, unknown]>([
    ["is gone", null, REFUSED],
    ["is disabled", { id: "user-1", disabled: true }, REFUSED],
    ["has another password since", { id: "user-1", passwordChangedAt: new Date(NOW + 1) }, REFUSED],
    ["had the password changed as the session began", { id: "user-1", passwordChangedAt: new Date(NOW) }, "ok"],
    ["never changed it", { id: "user-1", passwordChangedAt: null }, "ok"],
    ["is somebody else", { id: "user-2" }, "unavailable"],
    ["is a list", [], "unavailable"],
    ["is nothing known", undefined, "unavailable"],
    ["has a date that is none", { id: "user-1", passwordChangedAt: new Date(Number.NaN) }, "unavailable"],
    ["has a time as text", { id: "user-1", passwordChangedAt: "2030-01-01" }, "unavailable"],
  ])("where the user %s", async (_how, user, answer) => {
    const { auth, clock } = houseOf({ users: { findById: async () => user } as Partial<UserStore> });
    const { refreshToken } = await auth.login(READER);
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(answer);
  });

  it("spends nothing where the user can't be read, so that the client may try again", async () => {
    let isDown = true;
    const findById = async () => {
      if (isDown) throw new Error("down");
      return { id: "user-1" };
    };
    const { auth, clock } = houseOf({ users: { findById } });
    const { refreshToken } = await auth.login(READER);
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    isDown = false;
    clock.now += 60 * MINUTE;
    expect(await codeOf(auth.refresh(refreshToken))).toBe("ok");
  });
});

describe("a refresh token that comes twice", () => {
  it("gets a sibling within the grace, and both live on", async () => {
    const { auth, clock } = houseOf();
    const { refreshToken } = await auth.login(READER);
    const one = await auth.refresh(refreshToken);
    clock.now += 10_000;
    const two = await auth.refresh(refreshToken);
    expect(two.refreshToken).not.toBe(one.refreshToken);
    expect(await codeOf(auth.refresh(one.refreshToken))).toBe("ok");
    expect(await codeOf(auth.refresh(two.refreshToken))).toBe("ok");
  });

  it("ends the session after the grace, its access tokens too, and tells", async () => {
    const told: unknown[] = [];
    const { auth, clock } = houseOf({ refresh: { onReuse: (session) => told.push(session) } });
    const first = await auth.login(READER);
    const second = await auth.refresh(first.refreshToken);
    const { sid } = (await auth.authenticate(bearer(second))).claims;
    clock.now += 10_001;
    expect(await codeOf(auth.refresh(first.refreshToken))).toBe(REFUSED);
    expect(told).toEqual([{ sid, userId: "user-1" }]);
    expect(await codeOf(auth.refresh(second.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.authenticate(bearer(first)))).toBe("revoked");
    expect(await codeOf(auth.authenticate(bearer(second)))).toBe("revoked");
    expect(await codeOf(auth.login(READER))).toBe("ok");
    expect(told.length).toBe(1);
  });

  it("leaves the user's other sessions alone", async () => {
    const { auth, clock } = houseOf();
    const stolen = await auth.login(READER);
    const other = await auth.login(READER);
    await auth.refresh(stolen.refreshToken);
    clock.now += MINUTE;
    await codeOf(auth.refresh(stolen.refreshToken));
    expect(await codeOf(auth.refresh(other.refreshToken))).toBe("ok");
    expect(await codeOf(auth.authenticate(bearer(other)))).toBe("ok");
  });

  it("is theft at once where there is no grace", async () => {
    const { auth, clock } = houseOf({ refresh: { reuseGrace: 0 } });
    const { refreshToken } = await auth.login(READER);
    const second = await auth.refresh(refreshToken);
    clock.now += 1;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(second.refreshToken))).toBe(REFUSED);
  });

  it("of fifty at once, leaves as many living tokens, and no alarm", async () => {
    const told: unknown[] = [];
    const { auth } = houseOf({ refresh: { onReuse: (session) => told.push(session) } });
    const { refreshToken } = await auth.login(READER);
    const all = await Promise.all(Array.from({ length: 50 }, () => auth.refresh(refreshToken)));
    expect(new Set(all.map((it) => it.refreshToken)).size).toBe(50);
    expect(told).toEqual([]);
    for (const { refreshToken: next } of all) expect(await codeOf(auth.refresh(next))).toBe("ok");
  });

  it("is not forgiven because who listens throws", async () => {
    const { auth, clock } = houseOf({
      refresh: {
        onReuse: () => {
          throw new Error("boo");
        },
      },
    });
    const { refreshToken } = await auth.login(READER);
    await auth.refresh(refreshToken);
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
  });

  it.each(["reused", "ended"] as const)("%s, as the store alone sees it, is refused", async (outcome) => {
    const told: unknown[] = [];
    const { auth } = houseOf({
      store: { spend: async () => outcome },
      refresh: { onReuse: (session) => told.push(session) },
    });
    const login = await auth.login(READER);
    expect(await codeOf(auth.refresh(login.refreshToken))).toBe(REFUSED);
    expect(told.length).toBe(outcome === "reused" ? 1 : 0);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe(outcome === "reused" ? "revoked" : "ok");
  });

  it("is an outage where its session can't be ended", async () => {
    const { auth, clock } = houseOf({
      store: {
        endSession: async () => {
          throw new Error("down");
        },
      },
    });
    const { refreshToken } = await auth.login(READER);
    await auth.refresh(refreshToken);
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
  });
});

describe("a refresh store", () => {
  describe.each(["startSession", "findToken", "spend"] as const)("whose %s", (method) => {
    it.each(OUTAGES)("%s is an outage", async (_how, broken) => {
      const { auth } = houseOf({ store: { [method]: broken } });
      if (method === "startSession") return expect(await codeOf(auth.login(READER))).toBe("unavailable");
      if (method === "findToken") return expect(await codeOf(auth.refresh("x"))).toBe("unavailable");
      const login = await auth.login(READER);
      expect(await codeOf(auth.refresh(login.refreshToken))).toBe("unavailable");
    });
  });

  const at = new Date(NOW);
  const session = { sid: "s", userId: "user-1", createdAt: at, lastUsedAt: at };
  const sound = { session, expiresAt: new Date(NOW + DAY), spentAt: null };

  it.each<readonly [string, unknown]>([
    ["undefined", undefined],
    ["true", true],
    ["a list", []],
    ["another token", { ...sound, tokenHash: "x" }],
    ["no session", { ...sound, session: null }],
    ["a session of nobody", { ...sound, session: { ...session, userId: "" } }],
    ["a session without an id", { ...sound, session: { ...session, sid: 1 } }],
    ["a time as text", { ...sound, expiresAt: at.toISOString() }],
    ["a time that is none", { ...sound, expiresAt: new Date(Number.NaN) }],
    ["not whether it was spent", { ...sound, spentAt: undefined }],
    ["spent, as a number", { ...sound, spentAt: NOW }],
  ])("that answers %s for a token is an outage", async (_what, answer) => {
    const findToken = async (tokenHash: string) =>
      (typeof answer === "object" && !Array.isArray(answer) ? { tokenHash, ...answer } : answer) as StoredRefreshToken;
    expect(await codeOf(houseOf({ store: { findToken } }).auth.refresh("A".repeat(43)))).toBe("unavailable");
  });

  it("that answers nonsense for a spending is an outage", async () => {
    for (const answer of [undefined, true, "yes", { outcome: "fresh" }]) {
      const { auth } = houseOf({ store: { spend: async () => answer as never } });
      const { refreshToken } = await auth.login(READER);
      expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    }
  });
});

it.each<readonly [Partial<RefreshOptions>, RegExp]>([
  [{ store: {} as RefreshStore }, /refresh: store must be an object with the methods startSession, findToken, spend/],
  [{ idleLifetime: 0 }, /idleLifetime must be a whole number of seconds from 1/],
  [{ absoluteLifetime: "1y" as never }, /absoluteLifetime must be/],
  [{ reuseGrace: -1 }, /reuseGrace must be a whole number of seconds from 0/],
  [{ onReuse: true as never }, /refresh must be an object with the methods onReuse/],
  [{ lifetime: 1 } as never, /refresh: there is no option "lifetime"/],
])("createAuthenticator refuses refresh: %o", (options, why) => {
  const refresh = { store: memoryRefreshStore(), ...options };
  expect(() => createAuthenticator({ token: profileOf(), users: memoryUsers(), refresh })).toThrow(why);
});

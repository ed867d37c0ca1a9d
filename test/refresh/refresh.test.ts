import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { RefreshOptions } from "../../src/sessions/refresh-options.ts";
import type { RefreshStore, StoredSession, UserStore } from "../../src/stores/contract.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, houseOf, OUTAGES, READER } from "../support/flow.ts";
import { MEGABYTES } from "../support/megabytes.ts";
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
      persistent: true,
      expiresIn: 900,
      user: { id: "user-1", passwordChangedAt: null },
      refreshToken: expect.stringMatching(/^[\w-]{43}$/),
      refreshExpiresIn: 14 * 86_400,
    });
    const { claims } = await auth.authenticate(bearer(result));
    const at = new Date(NOW);
    const listed = { sid: claims.sid, userId: "user-1", createdAt: at, lastUsedAt: at };
    expect(await store.sessions("user-1", at)).toEqual([expect.objectContaining({ ...listed, details: "{}" })]);
    const usual = { device: {}, methods: ["pwd"], authenticatedAt: at, persistent: true, current: false };
    expect(await auth.sessions("user-1")).toEqual([{ ...listed, ...usual }]);
  });

  it("keeps digests of refresh tokens, and never a token or what all of a session begin with", async () => {
    const stored: unknown[] = [];
    const inner = memoryRefreshStore();
    const { auth } = houseOf({
      store: {
        ...inner,
        startSession: (...args) => {
          stored.push(args);
          return inner.startSession(...args);
        },
        replaceSession: (...args) => {
          stored.push(args);
          return inner.replaceSession(...args);
        },
      },
    });
    const { refreshToken } = await auth.login(READER);
    const next = await auth.refresh(refreshToken);
    const text = JSON.stringify(stored);
    for (const token of [refreshToken, next.refreshToken]) {
      const hash = createHash("sha256").update(token).digest("base64url");
      expect(text).toContain(hash.slice(0, 22));
      expect(text).not.toContain(token.slice(0, 21));
      expect(text).not.toContain(token.slice(21));
    }
    expect(next.refreshToken).toMatch(/^[\w-]{43}$/);
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
    expect((await auth.refresh(second.refreshToken)).user).toEqual({ id: "user-1", passwordChangedAt: null });
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
    for (const nothing of [undefined, null, "", 1, {}, new String("x")]) {
      expect(await codeOf(auth.refresh(nothing))).toBe("malformed_refresh_token");
    }
    const errors: unknown[] = [];
    const keep = (error: unknown): unknown =>
      errors.push(JSON.stringify(error), (error as { headers: object }).headers);
    await auth.refresh("x").catch(keep);
    await auth.refresh("x".repeat(MEGABYTES)).catch(keep);
    await auth.refresh("A".repeat(43)).catch(keep);
    const spent = await auth.login(READER);
    await auth.refresh((await auth.refresh(spent.refreshToken)).refreshToken);
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
    ["has another password, by a clock that is behind", { id: "user-1", passwordChangedAt: new Date(1) }, REFUSED],
    ["never changed it", { id: "user-1", passwordChangedAt: null }, "ok"],
    ["is somebody else", { id: "user-2" }, "unavailable"],
    ["is a list", [], "unavailable"],
    ["is nothing known", undefined, "unavailable"],
    ["has a date that is none", { id: "user-1", passwordChangedAt: new Date(Number.NaN) }, "unavailable"],
    ["has a time as text", { id: "user-1", passwordChangedAt: "2030-01-01" }, "unavailable"],
  ])("where the user %s", async (_how, changed, answer) => {
    let user: unknown = { id: "user-1" };
    const { auth, clock } = houseOf({ users: { findById: async () => user } as Partial<UserStore> });
    const { refreshToken } = await auth.login(READER);
    clock.now += MINUTE;
    user = changed;
    expect(await codeOf(auth.refresh(refreshToken))).toBe(answer);
  });

  it("goes on under the password that the session began under, whatever the clocks and columns say of it", async () => {
    let changedAt = new Date(NOW + 3_600_000);
    const { auth } = houseOf({ users: { findById: async () => ({ id: "user-1", passwordChangedAt: changedAt }) } });
    const { refreshToken } = await auth.login(READER);
    const next = await auth.refresh(refreshToken);
    changedAt = new Date(changedAt.getTime() - 1);
    expect(await codeOf(auth.refresh(next.refreshToken))).toBe(REFUSED);
  });

  it("spends nothing where the user can't be read, so that the client may try again", async () => {
    let isDown = false;
    const findById = async () => {
      if (isDown) throw new Error("down");
      return { id: "user-1" };
    };
    const { auth, clock } = houseOf({ users: { findById } });
    const { refreshToken } = await auth.login(READER);
    isDown = true;
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    isDown = false;
    clock.now += 60 * MINUTE;
    expect(await codeOf(auth.refresh(refreshToken))).toBe("ok");
  });
});

describe("a refresh token that comes twice", () => {
  it("gets a successor however late, while none was used: its answer was lost", async () => {
    const { auth, clock } = houseOf({ refresh: { idleLifetime: "30d" } });
    const { refreshToken } = await auth.login(READER);
    const lost = await auth.refresh(refreshToken);
    clock.now += 20 * DAY;
    const again = await auth.refresh(refreshToken);
    expect(again.refreshToken).not.toBe(lost.refreshToken);
    expect(await codeOf(auth.refresh(again.refreshToken))).toBe("ok");
  });

  it("leaves one lineage: the first successor that is used makes the others worthless", async () => {
    const { auth, clock } = houseOf();
    const { refreshToken } = await auth.login(READER);
    const one = await auth.refresh(refreshToken);
    const two = await auth.refresh(refreshToken);
    const next = await auth.refresh(one.refreshToken);
    clock.now += 10_000;
    expect(await codeOf(auth.refresh(two.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(next.refreshToken))).toBe(REFUSED);
  });

  it.each(["sibling", "parent"])("is a request that crossed, within the grace, as its %s was used", async (kind) => {
    const { auth, clock } = houseOf();
    const { refreshToken: parent } = await auth.login(READER);
    const { refreshToken: used } = await auth.refresh(parent);
    const { refreshToken: sibling } = await auth.refresh(parent);
    const { refreshToken: next } = await auth.refresh(used);
    clock.now += 9_999;
    const crossed = await auth.refresh(kind === "parent" ? parent : sibling);
    clock.now += MINUTE;
    const last = await auth.refresh(crossed.refreshToken);
    expect(await codeOf(auth.refresh(last.refreshToken))).toBe("ok");
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh(next))).toBe(REFUSED);
  });

  it("ends the session after the grace, its access tokens too, and tells", async () => {
    const told: unknown[] = [];
    const { auth, clock } = houseOf({ refresh: { onReuse: (session) => told.push(session) } });
    const first = await auth.login(READER);
    const second = await auth.refresh(first.refreshToken);
    const third = await auth.refresh(second.refreshToken);
    const { sid } = (await auth.authenticate(bearer(third))).claims;
    clock.now += 10_000;
    expect(await codeOf(auth.refresh(first.refreshToken))).toBe(REFUSED);
    expect(told).toEqual([{ sid, userId: "user-1" }]);
    expect(await codeOf(auth.refresh(third.refreshToken))).toBe(REFUSED);
    for (const token of [first, second, third]) expect(await codeOf(auth.authenticate(bearer(token)))).toBe("revoked");
    expect(await codeOf(auth.login(READER))).toBe("ok");
    expect(told.length).toBe(1);
  });

  it("is theft where it is of many generations ago, of which nothing is kept", async () => {
    const told: unknown[] = [];
    const { auth } = houseOf({ refresh: { onReuse: (session) => told.push(session) } });
    const first = await auth.login(READER);
    let { refreshToken } = first;
    for (let generation = 0; generation < 20; generation += 1) ({ refreshToken } = await auth.refresh(refreshToken));
    expect(await codeOf(auth.refresh(first.refreshToken))).toBe(REFUSED);
    expect(told.length).toBe(1);
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
  });

  it("is theft where nobody ever had it, but what all tokens of the session begin with", async () => {
    const { auth } = houseOf();
    const { refreshToken } = await auth.login(READER);
    expect(await codeOf(auth.refresh(refreshToken.slice(0, 21) + "A".repeat(22)))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
  });

  it("leaves the user's other sessions alone", async () => {
    const { auth, clock } = houseOf();
    const stolen = await auth.login(READER);
    const other = await auth.login(READER);
    await auth.refresh((await auth.refresh(stolen.refreshToken)).refreshToken);
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh(stolen.refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(other.refreshToken))).toBe("ok");
    expect(await codeOf(auth.authenticate(bearer(other)))).toBe("ok");
  });

  it("is theft at once where there is no grace, whatever became of its one answer", async () => {
    const { auth } = houseOf({ refresh: { reuseGrace: 0 } });
    const { refreshToken } = await auth.login(READER);
    const second = await auth.refresh(refreshToken);
    expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(second.refreshToken))).toBe(REFUSED);
  });

  it("of twenty at once without a grace, gets one answer", async () => {
    const { auth } = houseOf({ refresh: { reuseGrace: 0 } });
    const { refreshToken } = await auth.login(READER);
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(auth.refresh(refreshToken))));
    expect(codes.filter((code) => code === "ok").length).toBe(1);
  });

  it("of fifty at once, gets eight answers, which are good, and the others 503", async () => {
    const told: unknown[] = [];
    const { auth, clock } = houseOf({ refresh: { onReuse: (session) => told.push(session) } });
    const { refreshToken } = await auth.login(READER);
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => auth.refresh(refreshToken)));
    const tokens = all.flatMap((it) => (it.status === "fulfilled" ? [it.value.refreshToken] : []));
    expect(new Set(tokens).size).toBe(8);
    for (const it of all) if (it.status === "rejected") expect(it.reason).toMatchObject({ code: "unavailable" });
    const next = await auth.refresh(tokens[0]);
    expect(await codeOf(auth.refresh(tokens[7]))).toBe("ok"); // a tab that crossed
    expect(told).toEqual([]);
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh(next.refreshToken))).toBe("ok");
    expect(await codeOf(auth.refresh(tokens[1]))).toBe(REFUSED);
    expect(told.length).toBe(1);
  });

  it("gets another answer after the grace, for the oldest of eight that were lost", async () => {
    const { auth, clock } = houseOf();
    const { refreshToken } = await auth.login(READER);
    const lost: string[] = [];
    for (let again = 0; again < 12; again += 1) {
      lost.push((await auth.refresh(refreshToken)).refreshToken);
      clock.now += MINUTE;
    }
    expect(await codeOf(auth.refresh(lost[4]))).toBe("ok");
  });

  it("lets no two go on side by side, however close they keep to each other", async () => {
    for (const order of ["one after the other", "by turns"]) {
      const told: unknown[] = [];
      const { auth, clock } = houseOf({ refresh: { onReuse: (session) => told.push(session) } });
      const { refreshToken } = await auth.login(READER);
      const both = [refreshToken, refreshToken];
      let rounds = 0;
      for (; told.length === 0 && rounds < 10; rounds += 1) {
        const isSwapped = order === "by turns" && rounds % 2 === 1;
        for (const who of isSwapped ? [1, 0] : [0, 1]) {
          const answer = await auth.refresh(both[who]).catch(() => null);
          if (answer !== null) both[who] = answer.refreshToken;
          clock.now += 2_000;
        }
        clock.now += 15 * MINUTE;
      }
      expect(rounds, order).toBeLessThan(4);
      expect(told.length, order).toBe(1);
    }
  });

  it("may cross on another machine, whose clock is as far off as the tolerance says", async () => {
    const clock = { now: NOW };
    const more = (ahead: number) => ({
      more: { token: profileOf(undefined, { now: () => clock.now + ahead, clockTolerance: "60s" }) },
    });
    const here = houseOf({ clock, ...more(0) });
    const ahead = houseOf({ like: here, ...more(20_000) });
    const { refreshToken: parent } = await here.auth.login(READER);
    const { refreshToken: used } = await here.auth.refresh(parent);
    const { refreshToken: sibling } = await here.auth.refresh(parent);
    await here.auth.refresh(used);
    expect(await codeOf(ahead.auth.refresh(sibling))).toBe("ok");
    expect(await codeOf(ahead.auth.refresh(parent))).toBe("ok");
  });

  it("without a grace, is no theft where the store's client sent the replacement twice", async () => {
    const inner = memoryRefreshStore();
    const replaceSession: RefreshStore["replaceSession"] = async (...args) => {
      await inner.replaceSession(...args);
      return inner.replaceSession(...args);
    };
    const { auth } = houseOf({ store: { ...inner, replaceSession }, refresh: { reuseGrace: 0 } });
    const { refreshToken } = await auth.login(READER);
    const next = await auth.refresh(refreshToken);
    expect(await codeOf(auth.refresh(next.refreshToken))).toBe("ok");
  });

  it("is not forgiven because who listens throws or rejects", async () => {
    for (const boo of [() => Promise.reject(new Error("boo")), (): never => OUTAGES[0]?.[1]() as never]) {
      const { auth } = houseOf({ refresh: { onReuse: boo, reuseGrace: 0 } });
      const { refreshToken } = await auth.login(READER);
      await auth.refresh(refreshToken);
      expect(await codeOf(auth.refresh(refreshToken))).toBe(REFUSED);
    }
  });

  it("is refused where the session ended meanwhile, and answered 503 where others are always faster", async () => {
    const ended = houseOf({
      store: {
        replaceSession: async ({ sid, userId }) => {
          await ended.store.endSession(sid, userId, "logout");
          return false;
        },
      },
    });
    expect(await codeOf(ended.auth.refresh((await ended.auth.login(READER)).refreshToken))).toBe(REFUSED);
    const { auth } = houseOf({ store: { replaceSession: async () => false } });
    const { refreshToken } = await auth.login(READER);
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
  });

  it("is an outage where its session can't be ended", async () => {
    const { auth } = houseOf({
      refresh: { reuseGrace: 0 },
      store: { endSession: () => Promise.reject(new Error("down")) },
    });
    const { refreshToken } = await auth.login(READER);
    await auth.refresh(refreshToken);
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
  });
});

describe("several refresh tokens, as cookies of one name at several paths", () => {
  it("are looked up eight at the most, however many were sent", async () => {
    let asked = 0;
    const findSession = async () => {
      asked += 1;
      return null;
    };
    const { auth } = houseOf({ store: { findSession } });
    const sent = Array.from({ length: 100 }, (_, nth) => String(nth).padStart(43, "A"));
    for (const verb of [auth.refresh, auth.logoutByRefreshToken, auth.inspectRefreshToken]) {
      asked = 0;
      await codeOf(verb(sent));
      expect(asked).toBe(8);
    }
  });

  it("of one session are no theft: the newest of them is used, whichever comes first", async () => {
    const { auth, clock } = houseOf();
    const old = (await auth.login(READER)).refreshToken;
    let present = (await auth.refresh(old)).refreshToken;
    for (let time = 0; time < 6; time += 1) {
      clock.now += MINUTE;
      const sent = time % 2 === 0 ? [old, present] : [present, old];
      present = (await auth.refresh(sent as unknown as string)).refreshToken;
    }
    clock.now += MINUTE;
    expect(await codeOf(auth.refresh([old] as unknown as string))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(present))).toBe(REFUSED);
  });

  it("are taken for the one of a living session", async () => {
    const { auth } = houseOf();
    const old = await auth.login(READER);
    await auth.logoutByRefreshToken(old.refreshToken);
    const { refreshToken } = await auth.login(READER);
    const next = await auth.refresh([old.refreshToken, "x", "y".repeat(2_000), refreshToken]);
    expect((await auth.refresh([next.refreshToken, old.refreshToken])).refreshToken.slice(0, 21)).toBe(
      refreshToken.slice(0, 21),
    );
    expect(await codeOf(auth.refresh([old.refreshToken, "x"]))).toBe(REFUSED);
    expect(await codeOf(auth.refresh(["y".repeat(2_000)]))).toBe(REFUSED);
  });

  it("are refused where two sessions live: one may be somebody else's", async () => {
    const { auth } = houseOf();
    const both = [(await auth.login(READER)).refreshToken, (await auth.login(READER)).refreshToken];
    expect(await codeOf(auth.refresh(both))).toBe("malformed_refresh_token");
    expect(await codeOf(auth.refresh([...Array(50).fill("x"), both[0]]))).toBe("ok");
    expect(await codeOf(auth.logoutByRefreshToken(both))).toBe("ok");
    for (const token of both) expect(await codeOf(auth.refresh(token))).toBe(REFUSED);
  });
});

describe("a refresh store", () => {
  describe.each(["endings", "startSession", "findSession", "replaceSession"] as const)("whose %s", (method) => {
    it.each(OUTAGES)("%s is an outage", async (_how, broken) => {
      const { auth } = houseOf({ store: { [method]: broken } });
      const isOfLogin = method === "startSession" || method === "endings";
      if (isOfLogin) return expect(await codeOf(auth.login(READER))).toBe("unavailable");
      if (method === "findSession") return expect(await codeOf(auth.refresh("A".repeat(43)))).toBe("unavailable");
      const login = await auth.login(READER);
      expect(await codeOf(auth.refresh(login.refreshToken))).toBe("unavailable");
    });
  });

  const at = new Date(NOW);
  const sound = {
    sid: "s",
    userId: "user-1",
    createdAt: at,
    lastUsedAt: at,
    expiresAt: new Date(NOW + DAY),
    passwordChangedAt: null,
    rotation: "0;;;;;;",
    details: "{}",
    revision: 0,
    ended: null,
  };

  it.each<readonly [string, unknown]>([
    ["undefined", undefined],
    ["true", true],
    ["a list", []],
    ["another family", { ...sound, family: "x" }],
    ["a session of nobody", { ...sound, userId: "" }],
    ["a session without an id", { ...sound, sid: 1 }],
    ["a time as text", { ...sound, expiresAt: at.toISOString() }],
    ["a time that is none", { ...sound, expiresAt: new Date(Number.NaN) }],
    ["a password's time as a number", { ...sound, passwordChangedAt: NOW }],
    ["no rotation", { ...sound, rotation: undefined }],
    ["a rotation that is none", { ...sound, rotation: "x" }],
    ["an empty rotation", { ...sound, rotation: "" }],
    ["a rotation that is cut off", { ...sound, rotation: "0;;;a" }],
    ["a rotation of other characters", { ...sound, rotation: "0;;;;a b;;" }],
    ["no details", { ...sound, details: undefined }],
    ["details as an object", { ...sound, details: {} }],
    ["details that are none", { ...sound, details: "x" }],
    ["a revision as text", { ...sound, revision: "0" }],
    ["a negative revision", { ...sound, revision: -1 }],
    ["ended for no reason", { ...sound, ended: "yes" }],
    ["not whether it ended", { ...sound, ended: undefined }],
  ])("that answers %s for a session is an outage", async (_what, answer) => {
    const findSession = async (family: string) =>
      (typeof answer === "object" && !Array.isArray(answer) ? { family, ...answer } : answer) as StoredSession;
    expect(await codeOf(houseOf({ store: { findSession } }).auth.refresh("A".repeat(43)))).toBe("unavailable");
  });

  it("that answers nonsense for a replacement, a count or a beginning is an outage", async () => {
    for (const answer of [undefined, 1, "yes", { outcome: true }, [1]]) {
      const { auth } = houseOf({ store: { replaceSession: async () => answer as never } });
      const { refreshToken } = await auth.login(READER);
      expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
      const begin = { startSession: async () => answer as never };
      expect(await codeOf(houseOf({ store: begin }).auth.login(READER))).toBe("unavailable");
      if (answer === 1) continue;
      const count = { endings: async () => answer as never };
      expect(await codeOf(houseOf({ store: count }).auth.login(READER))).toBe("unavailable");
    }
  });
});

it.each<readonly [Partial<RefreshOptions>, RegExp]>([
  [
    { store: {} as RefreshStore },
    /refresh: store must be an object with the methods endings, startSession, findSession.*, such as memoryRefreshStore\(\) of hallpass/,
  ],
  [{ idleLifetime: 0 }, /idleLifetime must be a whole number of seconds from 1/],
  [{ absoluteLifetime: "1y" as never }, /absoluteLifetime must be/],
  [{ idleLifetime: "2h", absoluteLifetime: "1h" }, /refresh: idleLifetime is longer than absoluteLifetime/],
  [{ idleLifetime: "91d" }, /refresh: idleLifetime is longer than absoluteLifetime.*lengthen absoluteLifetime/],
  [{ reuseGrace: -1 }, /reuseGrace must be a whole number of seconds from 0/],
  [{ maxSessions: 0 }, /maxSessions must be a whole number from 1/],
  [{ onReuse: true as never }, /^refresh: onReuse must be a function: /],
  [{ lifetime: 1 } as never, /refresh: there is no option "lifetime"/],
])("createAuthenticator refuses refresh: %o", (options, why) => {
  const refresh = { store: memoryRefreshStore(), ...options };
  expect(() => createAuthenticator({ token: profileOf(), users: memoryUsers(), refresh })).toThrow(why);
});

it("createAuthenticator says where a store goes that is given in place of its options", () => {
  const options = { token: profileOf(), users: memoryUsers(), refresh: memoryRefreshStore() as never };
  expect(() => createAuthenticator(options)).toThrow(/^refresh is a store: give it as refresh: \{ store \}$/);
});

it("createAuthenticator takes an absolute lifetime shorter than the usual idle lifetime", async () => {
  const { auth } = houseOf({ refresh: { absoluteLifetime: "1h" } });
  expect((await auth.login(READER)).refreshExpiresIn).toBe(3_600);
});

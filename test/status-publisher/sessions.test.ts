import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import type { StatusCheck } from "../../src/core/token/status.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import { trustIssuer } from "../../src/remote/trust-issuer.ts";
import { readStatus, readStatuses } from "../../src/status-list/bits.ts";
import { nameSeries, parseSid } from "../../src/status-list/place.ts";
import { createStatusList, type StatusList, type StatusReference, statusLists } from "../../src/status-list.ts";
import type { StatusListStore } from "../../src/stores/contract.ts";
import { memoryStatusListStore } from "../../src/stores/memory/status-list.ts";
import { type ListServer, saying, startListServer } from "../status-list/server.ts";
import { type Changes, codeOf, type House, houseOf, OUTAGES, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const URI = "https://auth.example/statuslists";
const keys = await importKey(await generateKey("ES256"));

interface Listed extends House {
  readonly statusList: StatusList;
  /** Whether a token's bit is set, as the list that is published now says. */
  isRevoked(accessToken: string): Promise<boolean>;
}

function open(store: StatusListStore = memoryStatusListStore(), changes: Changes = {}): Listed {
  const clock = changes.clock ?? { now: NOW };
  const statusList = createStatusList({
    uri: URI,
    keys,
    store,
    size: 1_024,
    now: () => clock.now,
    onOutage: () => undefined,
  });
  const house = houseOf({ clock, ...changes, refresh: { statusList, ...changes.refresh } });
  const isRevoked = async (accessToken: string): Promise<boolean> => {
    const { idx, uri } = referenceOf(accessToken);
    clock.now += 1_000;
    const published = await statusList.publish(Number(uri.split("/").at(-1)));
    const { status_list } = decodeToken(published?.token as string).claims;
    return readStatus(await readStatuses(status_list, 1_024), idx) === 1;
  };
  return { ...house, statusList, isRevoked };
}

function referenceOf(accessToken: string): StatusReference {
  const { status } = decodeToken(accessToken).claims as { status?: { status_list: StatusReference } };
  if (status === undefined) throw new Error("the token has no status");
  return status.status_list;
}

describe("a session that has a place in a status list", () => {
  it("says it in each of its access tokens", async () => {
    const { auth } = open();
    const first = await auth.login(READER);
    const reference = referenceOf(first.accessToken);
    expect(reference).toEqual({ idx: expect.any(Number), uri: `${URI}/1` });
    const { sid } = decodeToken(first.accessToken).claims;
    expect(parseSid(sid as string)).toEqual({ series: nameSeries(URI), list: 1, index: reference.idx });
    const second = await auth.refresh(first.refreshToken);
    const identity = await auth.authenticate(`Bearer ${second.accessToken}`);
    const third = await auth.reauthenticate(identity, { password: READER.password });
    for (const { accessToken } of [second, third]) expect(referenceOf(accessToken)).toEqual(reference);
    const other = await auth.startSession({ id: "user-1" });
    expect(referenceOf(other.accessToken)).not.toEqual(reference);
  });

  it("gives fifty logins at once places of their own", async () => {
    const { auth } = open(undefined, { refresh: { maxSessions: 1_000 } });
    const all = await Promise.all(Array.from({ length: 50 }, () => auth.startSession({ id: "user-1" })));
    expect(new Set(all.map(({ accessToken }) => referenceOf(accessToken).idx)).size).toBe(50);
  });

  it.each<readonly [string, (house: Listed, tokens: Awaited<ReturnType<House["auth"]["login"]>>) => Promise<unknown>]>([
    ["logs out", async ({ auth }, { accessToken }) => auth.logout(await auth.authenticate(`Bearer ${accessToken}`))],
    ["logs out by its refresh token", ({ auth }, { refreshToken }) => auth.logoutByRefreshToken(refreshToken)],
    [
      "is ended on an account page",
      async ({ auth }, { accessToken }) =>
        auth.logoutSession("user-1", (await auth.authenticate(`Bearer ${accessToken}`)).sid as string),
    ],
    ["is logged out everywhere", ({ auth }) => auth.logoutEverywhere("user-1")],
    ["changes the password", ({ auth }) => auth.changePassword({ ...READER, newPassword: "another one" })],
    ["has the password reset", ({ auth }) => auth.resetPassword("user-1", "another one")],
    [
      "has a refresh token stolen",
      async ({ auth, clock }, { refreshToken }) => {
        const next = await auth.refresh(refreshToken);
        await auth.refresh(next.refreshToken);
        clock.now += 60_000;
        await auth.refresh(refreshToken).catch(() => undefined);
      },
    ],
    [
      "makes room for another one",
      async (house) => {
        for (let nth = 0; nth < 3; nth += 1) await house.auth.startSession({ id: "user-1" });
      },
    ],
    [
      "logs out where its session is forgotten",
      async ({ auth, store }, { accessToken }) => {
        const identity = await auth.authenticate(`Bearer ${accessToken}`);
        await store.endSession(identity.sid as string, "user-1", "logout");
        await store.deleteSessions("user-1", [identity.sid as string]);
        await auth.logout(identity);
      },
    ],
  ])("is revoked there when its user %s", async (_what, end) => {
    const house = open(undefined, { refresh: { maxSessions: 3 } });
    const tokens = await house.auth.login(READER);
    const other = await house.auth.startSession({ id: "user-2" }).catch(() => null);
    expect(other).toBeNull();
    expect(await house.isRevoked(tokens.accessToken)).toBe(false);
    await end(house, tokens);
    expect(await house.isRevoked(tokens.accessToken)).toBe(true);
  });

  it("is not revoked with another one of its user", async () => {
    const house = open();
    const [one, other] = [await house.auth.login(READER), await house.auth.login(READER)];
    await house.auth.logoutByRefreshToken(one.refreshToken);
    expect([await house.isRevoked(one.accessToken), await house.isRevoked(other.accessToken)]).toEqual([true, false]);
  });

  it("is kept, and its place with it, where a password changes under it", async () => {
    const house = open();
    const [one, other] = [await house.auth.login(READER), await house.auth.login(READER)];
    const identity = await house.auth.authenticate(`Bearer ${one.accessToken}`);
    const change = { password: READER.password, newPassword: "another one" };
    const next = await house.auth.changePassword(identity, change, undefined, { keepSession: true });
    expect(referenceOf(next.accessToken)).toEqual(referenceOf(one.accessToken));
    expect([await house.isRevoked(next.accessToken), await house.isRevoked(other.accessToken)]).toEqual([false, true]);
  });

  it("is left alone where a token of another issuer names its place, and that token is revoked", async () => {
    const token = profileOf(undefined, { issuer: "https://auth.example" });
    const partner = profileOf(secretKey("a secret of the partner's own, long enough"), {
      issuer: "https://partner.example",
      identity: { userId: ({ sub }) => `partner:${sub}` },
    });
    const house = open(undefined, { more: { token, credentials: [bearer([token, partner])] } });
    const { accessToken } = await house.auth.login(READER);
    const place = (decodeToken(accessToken).claims.sid as string).slice(8);
    const forged = await issueToken({ sub: "mallory", sid: `00000000${place}` }, partner);
    await house.auth.logout(await house.auth.authenticate(`Bearer ${forged}`));
    expect(await codeOf(house.auth.authenticate(`Bearer ${forged}`))).toBe("revoked");
    expect(await house.isRevoked(accessToken)).toBe(false);
    const identity = await house.auth.authenticate(`Bearer ${accessToken}`);
    await house.store.endSession(identity.sid as string, "user-1", "logout");
    await house.store.deleteSessions("user-1", [identity.sid as string]);
    await house.auth.logout(identity);
    expect(await house.isRevoked(accessToken)).toBe(true);
  });

  it("needs no blocklist", async () => {
    const house = open(undefined, { blocklist: null });
    const { accessToken, refreshToken } = await house.auth.login(READER);
    await house.auth.logoutByRefreshToken(refreshToken);
    expect(await house.isRevoked(accessToken)).toBe(true);
  });
});

describe("where the store of status lists is down", () => {
  it.each(OUTAGES)("because it %s, a login is 503", async (_what, fail) => {
    const { auth } = open({ ...memoryStatusListStore(), allocate: fail });
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
  });

  it.each(OUTAGES)(
    "because it %s, a logout is 503 until it is stored, and completes when sent again",
    async (_what, fail) => {
      const store = memoryStatusListStore();
      let isDown = false;
      const house = open({ ...store, mark: (...args) => (isDown ? fail() : store.mark(...args)) });
      const ways: readonly ((tokens: Awaited<ReturnType<House["auth"]["login"]>>) => Promise<unknown>)[] = [
        ({ refreshToken }) => house.auth.logoutByRefreshToken(refreshToken),
        async ({ accessToken }) => house.auth.logout(await house.auth.authenticate(`Bearer ${accessToken}`)),
        () => house.auth.logoutEverywhere("user-1"),
      ];
      for (const end of ways) {
        house.clock.now += 1_000;
        const tokens = await house.auth.login(READER);
        isDown = true;
        expect(await codeOf(end(tokens))).toBe("unavailable");
        isDown = false;
        expect(await house.isRevoked(tokens.accessToken)).toBe(false);
        expect(await codeOf(end(tokens))).toBe("ok");
        expect(await house.isRevoked(tokens.accessToken)).toBe(true);
      }
    },
  );
});

it("sessions from before the lists go on without a place, and new ones get one", async () => {
  const before = houseOf();
  const tokens = await before.auth.login(READER);
  const after = open(undefined, { like: before });
  const next = await after.auth.refresh(tokens.refreshToken);
  expect(decodeToken(next.accessToken).claims).not.toHaveProperty("status");
  await after.auth.logoutByRefreshToken(next.refreshToken);
  expect(await codeOf(after.auth.authenticate(`Bearer ${next.accessToken}`))).toBe("revoked");
  expect(referenceOf((await after.auth.login(READER)).accessToken).uri).toBe(`${URI}/1`);
  // And sessions with a place go on where there are no more lists.
  const again = houseOf({ like: after });
  const listed = await after.auth.login(READER);
  const { accessToken, refreshToken } = await again.auth.refresh(listed.refreshToken);
  expect(decodeToken(accessToken).claims).not.toHaveProperty("status");
  expect(await codeOf(again.auth.logoutByRefreshToken(refreshToken))).toBe("ok");
});

it("is refused where it is no status list", () => {
  for (const statusList of [{}, { publish: () => null }, null]) {
    expect(() => houseOf({ refresh: { statusList: statusList as never } })).toThrow(
      /refresh: statusList must be what createStatusList/,
    );
  }
});

describe("a profile that asks for the status", () => {
  let server: ListServer;
  beforeAll(async () => {
    server = await startListServer();
  });
  afterAll(() => server.stop());

  /** A service that publishes, and the profiles of others that read it. */
  async function openBoth() {
    const clock = { now: NOW };
    const now = () => clock.now;
    const statusList = createStatusList({ uri: `${server.origin}/lists`, keys, store: memoryStatusListStore(), now });
    server.answer = async (req, res) => {
      const published = await statusList.publish(Number(req.url?.split("/").at(-1)));
      saying(published?.token as string)(req, res);
    };
    const lists = statusLists({ keys, lists: `${statusList.uri}/`, now, onOutage: () => undefined, timeoutMs: 200 });
    const plain = profileOf(undefined, { now, expiresIn: "1d" });
    const own = profileOf(undefined, { now, expiresIn: "1d", status: lists });
    const issue = async () => {
      const place = await statusList.allocate();
      const status = statusList.claimOf(place);
      return { place, token: await issueToken({ sub: "user-1", role: "admin", status }, plain) };
    };
    return { clock, now, statusList, lists, plain, own, issue };
  }

  const schema = z.object({ role: z.string() });

  it.each<
    readonly [
      string,
      (own: ReturnType<typeof profileOf>, lists: StatusCheck, now: () => number) => (token: string) => Promise<unknown>,
    ]
  >([
    ["verifyToken", (own) => (token) => verifyToken(token, own)],
    [
      "a guard of one kind of token",
      (own) => (token) => createGuard({ token: own, onOutage: () => {} }).authenticateToken(token),
    ],
    [
      "a guard whose profile has a schema",
      (_own, lists, now) => {
        const guard = createGuard({
          token: profileOf(undefined, { now, status: lists, schema } as never),
          onOutage: () => {},
        });
        return (token) => guard.authenticateToken(token);
      },
    ],
    [
      "a guard whose profile uses the thread pool for a pair, with another beside it",
      (own) => {
        const pool = profileOf(keys, { threadPool: true, typ: "other+jwt" });
        const guard = createGuard({ credentials: [bearer([own, pool])], onOutage: () => {} });
        return (token) => guard.authenticateToken(token);
      },
    ],
    [
      "a cookie",
      (own) => {
        const guard = createGuard({ credentials: [cookieToken(own, { name: "token" })], onOutage: () => {} });
        return (token) => guard.authenticate({ method: "GET", url: "/", headers: { cookie: `token=${token}` } });
      },
    ],
    [
      "a cookie, with a schema",
      (_own, lists, now) => {
        const profile = profileOf(undefined, { now, status: lists, schema } as never);
        const guard = createGuard({ credentials: [cookieToken(profile, { name: "token" })], onOutage: () => {} });
        return (token) => guard.authenticate({ method: "GET", url: "/", headers: { cookie: `token=${token}` } });
      },
    ],
  ])("is obeyed by %s", async (_what, make) => {
    const { clock, now, statusList, lists, own, plain, issue } = await openBoth();
    const verify = make(own, lists, now);
    const { token, place } = await issue();
    const { token: good } = await issue();
    for (const _ of [1, 2, 3]) expect(await codeOf(verify(token))).toBe("ok"); // The later times it is remembered.
    expect(await codeOf(verify(await issueToken({ sub: "user-1", role: "admin" }, plain)))).toBe("invalid_token");
    await statusList.revoke(place);
    clock.now += 61_000;
    expect(await codeOf(verify(token))).toBe("revoked");
    expect(await codeOf(verify(good))).toBe("ok");
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.now += 7_200_000;
    expect(await codeOf(verify(good))).toBe("unavailable");
  });

  it("is waited for no longer than a store", async () => {
    const { lists, plain, statusList } = await openBoth();
    server.answer = () => undefined;
    const token = await issueToken({ sub: "user-1", status: statusList.claimOf(await statusList.allocate()) }, plain);
    const own = profileOf(undefined, { status: lists });
    const options = { storeTimeoutMs: 40, requestTimeoutMs: 40, onOutage: () => undefined };
    const credentials = [bearer([own, profileOf(undefined, { typ: "other+jwt" })])];
    for (const guard of [createGuard({ token: own, ...options }), createGuard({ credentials, ...options })]) {
      const started = performance.now();
      expect(await codeOf(guard.authenticateToken(token))).toBe("unavailable");
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it.each([null, {}, 7, "lists", { check: 7 }])("is told when the profile is defined that %j is no check", (status) => {
    const described = { status: status as never };
    expect(() => profileOf(undefined, described)).toThrow(/^status must be of statusLists$/);
    expect(() => trustIssuer("https://login.example/", { audience: null, ...described })).toThrow(/^status must be/);
  });

  it("is given a check of ours, and not one that looks like it", () => {
    const profile = profileOf(undefined, { status: { check: () => undefined } as never });
    expect(() => createGuard({ token: profile })).toThrow(/the profile's status must be what statusLists/);
  });
});

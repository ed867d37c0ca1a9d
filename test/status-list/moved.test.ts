import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { createJti } from "../../src/core/token/jti.ts";
import { readStatus, readStatuses } from "../../src/status-list/bits.ts";
import {
  createStatusList,
  type StatusList,
  type StatusListOptions,
  type StatusReference,
} from "../../src/status-list.ts";
import type { StoredSession } from "../../src/stores/contract.ts";
import { memoryStatusListStore } from "../../src/stores/memory/status-list.ts";
import { codeOf, type House, houseOf, READER } from "../support/flow.ts";
import { NOW } from "../support/tokens.ts";

const OLD = "https://old.example/statuslists";
const NEW = "https://new.example/statuslists";
const keys = await importKey(await generateKey("ES256"));
const clock = { now: NOW };
const store = memoryStatusListStore();
const causes: string[] = [];

/** Eight places a list, so that eight sessions of other users have all places of the first one. */
function listsAt(uri: string, options: Partial<StatusListOptions> = {}): StatusList {
  const onOutage: StatusListOptions["onOutage"] = ({ cause }) => causes.push(String(cause));
  return createStatusList({ uri, keys, store, size: 8, now: () => clock.now, onOutage, ...options });
}

function open(statusList: StatusList, like?: House): House {
  return houseOf({ clock, refresh: { statusList }, ...(like && { like }) });
}

type Tokens = Awaited<ReturnType<House["auth"]["login"]>>;

function referenceOf({ accessToken }: Pick<Tokens, "accessToken">): StatusReference | null {
  const { status } = decodeToken(accessToken).claims as { status?: { status_list: StatusReference } };
  return status?.status_list ?? null;
}

/** Tells which places of the first list are revoked, as it is published now. */
async function listRevoked(lists: StatusList, size = 8): Promise<readonly number[]> {
  clock.now += 1_000;
  const published = await lists.publish(1);
  const statuses = await readStatuses(decodeToken(published?.token as string).claims.status_list, 1_024);
  return Array.from({ length: size }, (_, index) => index).filter((index) => readStatus(statuses, index) === 1);
}

/** Fills the first list with sessions of other users. */
async function fill({ auth, users }: House): Promise<readonly Tokens[]> {
  const others = Array.from({ length: 8 }, (_, nth) => `${crypto.randomUUID()}-${nth}`);
  for (const id of others) users.add({ login: id, passwordHash: null, user: { id } });
  return Promise.all(others.map((id) => auth.startSession({ id })));
}

type End = (house: House, tokens: Tokens) => Promise<unknown>;
const identify = ({ auth }: House, { accessToken }: Tokens) => auth.authenticate(`Bearer ${accessToken}`);
const ENDS: readonly (readonly [string, End])[] = [
  ["logs out", async (house, tokens) => house.auth.logout(await identify(house, tokens))],
  ["logs out by its refresh token", ({ auth }, { refreshToken }) => auth.logoutByRefreshToken(refreshToken)],
  ["is logged out everywhere", ({ auth }) => auth.logoutEverywhere("user-1")],
  [
    "logs out where its session is forgotten",
    async (house, tokens) => {
      const identity = await identify(house, tokens);
      await house.store.endSession(identity.sid as string, "user-1", "logout");
      await house.store.deleteSessions("user-1", [identity.sid as string]);
      await house.auth.logout(identity);
    },
  ],
];

let warn: MockInstance;
beforeEach(() => {
  causes.length = 0;
  warn = vi.spyOn(process, "emitWarning").mockReturnValue();
});
afterEach(() => warn.mockRestore());

describe("a session that has its place in lists at another uri", () => {
  it.each(ENDS)("marks nobody else in the lists of today when its user %s", async (_what, end) => {
    const before = open(listsAt(OLD));
    const old = await before.auth.login(READER);
    const lists = listsAt(NEW, { store: memoryStatusListStore() });
    const house = open(lists, before);
    await fill(house);
    const next = await house.auth.refresh(old.refreshToken);
    expect(referenceOf(next)).toBeNull();
    expect(await codeOf(end(house, next))).toBe("ok");
    expect(await listRevoked(lists)).toEqual([]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/does not name the status lists at https:\/\/new\..+previous/)],
    ]);
  });

  it.each(ENDS)("is marked there, and only there, if they are previous, when its user %s", async (_what, end) => {
    const old = listsAt(OLD, { store: memoryStatusListStore(), size: 1_024 });
    const before = open(old);
    const tokens = await before.auth.login(READER);
    const place = referenceOf(tokens);
    // The process was started anew, with the earlier lists as previous ones.
    const lists = listsAt(NEW, { store: memoryStatusListStore(), previous: [old] });
    const house = open(lists, before);
    await fill(house);
    const next = await house.auth.refresh(tokens.refreshToken);
    expect(referenceOf(next)).toEqual(place);
    expect(place?.uri).toBe(`${OLD}/1`);
    await end(house, next);
    expect([await listRevoked(old, 1_024), await listRevoked(lists)]).toEqual([[place?.idx], []]);
    expect(referenceOf(await house.auth.login(READER))?.uri).toMatch(NEW);
    expect(warn).not.toHaveBeenCalled();
  });

  it("is found through lists that are previous ones of previous ones", async () => {
    const first = listsAt("https://first.example/lists");
    const before = open(first);
    const tokens = await before.auth.login(READER);
    const third = listsAt("https://third.example/lists", {
      previous: [listsAt("https://second.example/lists", { previous: [first] })],
    });
    const house = open(third, before);
    await house.auth.logoutByRefreshToken(tokens.refreshToken);
    expect(await listRevoked(first)).toEqual([referenceOf(tokens)?.idx]);
  });

  it("keeps its log-out at 503 while the store of previous lists is down", async () => {
    const kept = memoryStatusListStore();
    let isDown = false;
    const mark: typeof kept.mark = (...args) => (isDown ? Promise.reject(new Error("boo")) : kept.mark(...args));
    const old = listsAt(OLD, { store: { ...kept, mark } });
    const before = open(old);
    const tokens = await before.auth.login(READER);
    const house = open(listsAt(NEW, { previous: [old] }), before);
    isDown = true;
    expect(await codeOf(house.auth.logoutByRefreshToken(tokens.refreshToken))).toBe("unavailable");
    isDown = false;
    expect(await codeOf(house.auth.logoutByRefreshToken(tokens.refreshToken))).toBe("ok");
    expect(await listRevoked(old)).toEqual([referenceOf(tokens)?.idx]);
  });
});

it("two services with one store of sessions and one of lists mark their own sessions alone", async () => {
  const shared = memoryStatusListStore();
  const [here, there] = [listsAt(OLD, { store: shared }), listsAt(NEW, { store: shared })];
  const one = open(here);
  const other = open(there, one);
  await fill(other);
  const tokens = await one.auth.login(READER);
  await other.auth.logoutByRefreshToken(tokens.refreshToken);
  expect([await listRevoked(here), await listRevoked(there)]).toEqual([[], []]);
  // Each of them gives the lists of the other as previous.
  const both = open(listsAt(NEW, { store: shared, previous: [here] }), one);
  const again = await one.auth.login(READER);
  await both.auth.logoutByRefreshToken(again.refreshToken);
  expect([await listRevoked(here), await listRevoked(there)]).toEqual([[referenceOf(again)?.idx], []]);
});

it("a session whose id does not say in which lists its place is has no place", async () => {
  const lists = listsAt(NEW, { store: memoryStatusListStore() });
  let sid = "";
  const before = houseOf({ clock });
  const rename = (session: StoredSession): StoredSession => ({ ...session, sid });
  const like = { ...before, store: { ...before.store } };
  like.store.startSession = (session, ...rest) => before.store.startSession(rename(session), ...rest);
  for (const place of ["000001000003", "000001000007"]) {
    sid = `${createJti(clock.now).slice(0, 14)}8abc-8abc-${place}`;
    const { refreshToken } = await houseOf({ like }).auth.login(READER);
    const house = open(lists, before);
    const next = await house.auth.refresh(refreshToken);
    expect(decodeToken(next.accessToken).claims.sid).toBe(sid);
    expect(referenceOf(next)).toBeNull();
    await house.auth.logoutByRefreshToken(next.refreshToken);
  }
  expect(await listRevoked(lists)).toEqual([]);
  expect(warn).toHaveBeenCalledTimes(1);
});

describe("a place that was given out for a token without a session", () => {
  it("is revoked and named only in its own lists", async () => {
    const old = listsAt(OLD, { store: memoryStatusListStore(), size: 1_024 });
    const place = await old.allocate();
    expect(place).toEqual({ uri: OLD, list: 1, index: expect.any(Number) });
    const alone = listsAt(NEW, { store: memoryStatusListStore() });
    const why = /a status list's place: uri is "https:\/\/old.+", and the lists are at https:\/\/new.+previous/;
    await expect(alone.revoke(place)).rejects.toThrow(why);
    expect(() => alone.claimOf(place)).toThrow(why);
    const lists = listsAt(NEW, { store: memoryStatusListStore(), previous: [old] });
    const own = await lists.allocate();
    expect([lists.claimOf(place), lists.claimOf(own)]).toEqual([
      { status_list: { uri: `${OLD}/1`, idx: place.index } },
      { status_list: { uri: `${NEW}/1`, idx: own.index } },
    ]);
    await lists.revoke(place, own);
    expect([await listRevoked(old, 1_024), await listRevoked(lists)]).toEqual([[place.index], [own.index]]);
  });
});

describe("another size under one uri", () => {
  it.each([8, 1_024])("is told wherever the lists are used, and a log-out is stored all the same: %i", async (size) => {
    const shared = memoryStatusListStore();
    const first = listsAt(OLD, { store: shared, size: 64 });
    const before = open(first);
    // One of these sessions has a place behind the end of a list of eight.
    const all = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => before.auth.startSession({ id: "user-1" })));
    const wrong = listsAt(OLD, { store: shared, size });
    const house = open(wrong, before);
    expect(await codeOf(house.auth.login(READER))).toBe("unavailable");
    expect(await codeOf(wrong.publish(1))).toBe("unavailable");
    expect(await codeOf(wrong.publish(1))).toBe("unavailable");
    expect(causes).toEqual(
      [1, 2].map(() =>
        expect.stringMatching(/begun with size: 64: give that, or another uri, and these lists as previous/),
      ),
    );
    for (const { refreshToken } of all) expect(await codeOf(house.auth.logoutByRefreshToken(refreshToken))).toBe("ok");
    const places = all.map((tokens) => referenceOf(tokens)?.idx as number);
    expect(await listRevoked(first, 64)).toEqual(places.sort((one, other) => one - other));
  });
});

describe("createStatusList refuses previous lists", () => {
  const old = listsAt(OLD);
  it.each<readonly [string, unknown, RegExp]>([
    ["that are no array", old, /createStatusList: previous must be an array of what createStatusList made/],
    ["that are addresses", [OLD], /previous must be an array of what createStatusList made/],
    ["of its own uri", [listsAt(NEW)], /previous: the lists at https:\/\/new\.example\/statuslists are given twice/],
    ["that are given twice", [old, listsAt(OLD)], /the lists at https:\/\/old\.example\/statuslists are given twice/],
  ])("%s", (_what, previous, why) => {
    expect(() => listsAt(NEW, { previous: previous as never })).toThrow(why);
  });

  it("whose digest is that of others", () => {
    // Two of the addresses whose SHA-256 begin with the same 28 bits.
    const [one, other] = ["https://auth-1645.example/lists", "https://auth-12042.example/lists"];
    expect(() => listsAt(one, { previous: [listsAt(other)] })).toThrow(
      `createStatusList: previous: sessions can't tell ${other} from ${one}: give another uri`,
    );
  });
});

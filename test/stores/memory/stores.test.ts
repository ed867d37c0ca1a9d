import { afterEach, describe, expect, it, vi } from "vitest";
import type { TokenReference } from "../../../src/stores/contract.ts";
import {
  memoryApiKeys,
  memoryBlocklist,
  memoryOneTimeStore,
  memoryProofs,
  memoryRefreshStore,
  memoryUsers,
} from "../../../src/stores/memory.ts";
import { newApiKey } from "../../support/api-key-races.ts";
import { HASH } from "../../support/hash.ts";
import { newSession } from "../../support/sessions.ts";
import { timesFrom } from "../times.ts";

const START = Date.parse("2030-01-01T00:00:00Z");
const at = (seconds: number): Date => new Date(START + seconds * 1_000);

afterEach(() => void vi.restoreAllMocks());

function blocklistAt() {
  const { now, pass } = timesFrom(START);
  return { blocklist: memoryBlocklist({ now }), pass };
}

const TOKEN: TokenReference = { jti: "t1", sid: "s1", userId: "u1", issuedAt: at(0) };

describe("memoryBlocklist", () => {
  it("knows a token, a session, and a user's tokens up to an instant", () => {
    for (const revoke of [
      (list: ReturnType<typeof memoryBlocklist>) => list.revokeToken("t1", at(60)),
      (list: ReturnType<typeof memoryBlocklist>) => list.revokeSession("s1", at(60)),
      (list: ReturnType<typeof memoryBlocklist>) => list.revokeUser("u1", at(0), at(60)),
    ]) {
      const { blocklist } = blocklistAt();
      expect(blocklist.isRevoked(TOKEN)).toBe(false);
      revoke(blocklist);
      expect(blocklist.isRevoked(TOKEN)).toBe(true);
      expect(blocklist.isRevoked({ jti: "t2", sid: "s2", userId: "u2", issuedAt: at(0) })).toBe(false);
      expect(blocklist.isRevoked({ ...TOKEN, jti: null, sid: null, userId: "u2" })).toBe(false);
    }
  });

  it("cuts a user's tokens to the millisecond, and lets the next one live", () => {
    const { blocklist } = blocklistAt();
    blocklist.revokeUser("u1", at(0), at(60));
    expect(blocklist.isRevoked({ ...TOKEN, issuedAt: new Date(START + 1) })).toBe(false);
    expect(blocklist.isRevoked({ ...TOKEN, issuedAt: new Date(Number.NaN) })).toBe(true);
  });

  it("remembers until an entry's own end, and not less for being told twice", () => {
    const { blocklist, pass } = blocklistAt();
    blocklist.revokeToken("t1", at(60));
    blocklist.revokeToken("t1", at(10));
    blocklist.revokeUser("u2", at(5), at(60));
    blocklist.revokeUser("u2", at(0), at(10));
    pass(59);
    expect(blocklist.isRevoked(TOKEN)).toBe(true);
    expect(blocklist.isRevoked({ ...TOKEN, jti: null, userId: "u2", issuedAt: at(5) })).toBe(true);
    for (const step of [0, 600, 1]) {
      expect(blocklist.isRevoked(TOKEN)).toBe(true);
      pass(step);
      for (let use = 0; use < 100; use += 1) blocklist.isRevoked({ ...TOKEN, jti: "another" });
    }
    expect(blocklist.isRevoked(TOKEN)).toBe(false);
    expect(blocklist.revokedUpTo("u2")).toBeNull();
  });

  it("lets entries that ended ten minutes ago go, a few with every use", () => {
    const { blocklist, pass } = blocklistAt();
    for (let id = 0; id < 1_000; id += 1) blocklist.revokeToken(`t${id}`, at(60));
    expect(blocklist.size).toBe(1_000);
    for (const step of [61, 600]) {
      expect(blocklist.size).toBe(1_000);
      pass(step);
      for (let use = 0; use < 1_010; use += 1) blocklist.isRevoked(TOKEN);
    }
    expect(blocklist.size).toBe(0);
  });

  it.each([new Date(Number.NaN), 60, "tomorrow", undefined, null])("takes no %s for an end", (date) => {
    const { blocklist } = blocklistAt();
    expect(() => blocklist.revokeToken("t1", date as Date)).toThrow("a revocation needs valid Dates");
    expect(() => blocklist.revokeSession("s1", date as Date)).toThrow(/valid Dates/);
    expect(() => blocklist.revokeUser("u1", date as Date, at(1))).toThrow(/valid Dates/);
    expect(() => blocklist.revokeUser("u1", at(0), date as Date)).toThrow(/valid Dates/);
  });

  it.each<readonly [unknown, RegExp]>([
    [null, /memoryBlocklist takes a plain object/],
    [{ clock: Date.now }, /there is no option "clock"/],
    [{ now: 5 }, /now must be a function/],
  ])("takes no %j for options", (options, why) => {
    expect(() => memoryBlocklist(options as never)).toThrow(why);
  });

  it("goes by the real clock unless told", () => {
    const blocklist = memoryBlocklist();
    blocklist.revokeToken("t1", new Date(Date.now() + 60_000));
    expect(blocklist.isRevoked(TOKEN)).toBe(true);
  });
});

describe("memoryUsers", () => {
  const reader = { login: "reader", passwordHash: HASH, user: { id: "u1", name: "A reader" } };

  it("finds users, and keeps the hash off them", async () => {
    const users = memoryUsers<{ id: string; name: string }>();
    users.add(reader);
    expect(await users.findById("u1")).toEqual({ id: "u1", name: "A reader", passwordChangedAt: null });
    expect(await users.findCredentials("reader")).toEqual({
      user: { id: "u1", name: "A reader", passwordChangedAt: null },
      passwordHash: HASH,
    });
    const changed = { id: "u3", name: "Another", passwordChangedAt: new Date(1) };
    users.add({ login: "another", passwordHash: HASH, user: changed });
    expect(changed.passwordChangedAt).toEqual(new Date(1));
    const frozen = Object.freeze({ id: "u4", name: "Third" });
    users.add({ login: "third", passwordHash: HASH, user: frozen });
    expect(await users.findById("u4")).toBe(frozen);
    expect([
      await users.findById("u2"),
      await users.findCredentials("Reader"),
      await users.findCredentials("__proto__"),
    ]).toEqual([null, null, null]);
  });

  it("takes what the SQL stores take, and gives the same user", async () => {
    const users = memoryUsers();
    users.add({ id: "u1", login: "reader", passwordHash: HASH });
    users.add({ id: "u2", login: "other", passwordHash: null, disabled: true });
    const reader = { id: "u1", login: "reader", disabled: false, passwordChangedAt: null };
    expect(await users.findCredentials("reader")).toEqual({ user: reader, passwordHash: HASH });
    expect(await users.findById("u2")).toEqual({ id: "u2", login: "other", disabled: true, passwordChangedAt: null });
    expect(await users.replacePasswordHash("u1", HASH, `${HASH}next`, new Date(5))).toBe(true);
    expect(await users.findById("u1")).toEqual({ ...reader, passwordChangedAt: new Date(5) });
  });

  it("takes an object of one's own with or without a flag, and an id of 1024 characters", async () => {
    const users = memoryUsers();
    for (const [at, disabled] of [undefined, null, true, false].entries()) {
      const user = { id: `${at}`.padStart(1_024, "u"), disabled: disabled as boolean };
      users.add({ login: user.id, passwordHash: HASH, user });
      expect(await users.findById(user.id)).toBe(user);
    }
  });

  it("has an id and a login once", () => {
    const users = memoryUsers();
    users.add(reader);
    const taken = (what: string) =>
      expect.objectContaining({ code: "user_exists", message: `memoryUsers: there is a user with ${what}` });
    expect(() => users.add({ ...reader, login: "other" })).toThrow(taken("this id"));
    expect(() => users.add({ ...reader, user: { id: "u2" } })).toThrow(taken("this login"));
  });

  it("renews a hash only where it is still the one that was read", async () => {
    const users = memoryUsers();
    users.add(reader);
    expect(await users.replacePasswordHash("u1", HASH, `${HASH}next`)).toBe(true);
    expect(await users.replacePasswordHash("u1", HASH, `${HASH}lost`)).toBe(false);
    expect(await users.replacePasswordHash("u2", HASH, `${HASH}lost`)).toBe(false);
    expect((await users.findCredentials("reader"))?.passwordHash).toBe(`${HASH}next`);
  });

  it.each<readonly [unknown, RegExp]>([
    [undefined, /memoryUsers.add takes a plain object with options: login, passwordHash, user, id, disabled/],
    [null, /memoryUsers.add takes a plain object/],
    [{ ...reader, login: undefined }, /login must be a non-empty string/],
    [{ ...reader, login: "" }, /login must be a non-empty string/],
    [{ ...reader, user: null }, /memoryUsers.add: id must be a non-empty string/],
    [{ ...reader, user: { id: 7 } }, /id must be a non-empty string/],
    [
      { ...reader, user: { id: "u".repeat(1_025) } },
      /memoryUsers.add: id must be a non-empty string of at most 1024 characters/,
    ],
    [{ ...reader, user: { id: "中".repeat(683) } }, /memoryUsers.add: id must be .* 2048 bytes/],
    [{ ...reader, user: { id: "u\0" } }, /id must be .* no NUL/],
    [{ ...reader, user: { id: "u\ud800" } }, /id must be .* well-formed/],
    [{ ...reader, login: "l\0" }, /login must be .* no NUL/],
    [{ ...reader, user: { id: "u1", disabled: "no" } }, /memoryUsers.add: disabled must be true or false/],
    [{ ...reader, user: { id: "u1", passwordChangedAt: "2020" } }, /passwordChangedAt must be a valid Date or null/],
    [{ ...reader, user: { id: "u1", passwordChangedAt: 0 } }, /passwordChangedAt must be a valid Date or null/],
    [{ ...reader, user: { id: "u1", passwordChangedAt: new Date(Number.NaN) } }, /must be a valid Date or null/],
    [{ ...reader, user: { id: "u1", disabled: 1 } }, /memoryUsers.add: disabled must be true or false/],
    [{ ...reader, user: Object.assign([], { id: "u1" }) }, /memoryUsers.add: user must be an object/],
    [{ ...reader, user: Object.assign(() => 1, { id: "u1" }) }, /memoryUsers.add: user must be an object/],
    [{ ...reader, user: "u1" }, /memoryUsers.add: id must be a non-empty string/],
    [{ login: "reader", user: { id: "u1" } }, /passwordHash must be what hashPassword made, or null/],
    [{ ...reader, passwordHash: "" }, /passwordHash is no hash: give it await hashPassword\(password\)/],
    [{ ...reader, passwordHash: "secret" }, /passwordHash is no hash/],
    [{ ...reader, passwordHash: "correct horse battery staple" }, /passwordHash is no hash/],
    [{ ...reader, passwordHash: Promise.resolve(HASH) }, /passwordHash is a promise: await it/],
    [{ login: "reader", passwordHash: HASH }, /memoryUsers.add: id must be a non-empty string/],
    [{ id: "u1", login: "reader", passwordHash: HASH, disabled: "no" }, /disabled must be true or false/],
    [{ id: "u1", login: "reader", passwordHash: "secret" }, /passwordHash is no hash/],
    [{ ...reader, id: "u1" }, /give user, or id and disabled, and not both/],
    [{ ...reader, disabled: true }, /give user, or id and disabled, and not both/],
    [{ ...reader, name: "A reader" }, /there is no option "name"/],
  ])("adds no %j", (entry, why) => {
    expect(() => memoryUsers().add(entry as never)).toThrow(why);
  });

  it.each(["id", "disabled", "passwordChangedAt"])("adds no user whose %s can't be read", (field) => {
    const get = (): never => {
      throw new Error("lazy");
    };
    const user = Object.defineProperty({ id: "u1" }, field, { get });
    expect(() => memoryUsers().add({ ...reader, user })).toThrow("memoryUsers.add was given an object that can't be");
  });

  it("removes a user with the login", async () => {
    const users = memoryUsers();
    users.add(reader);
    expect([users.remove("u1"), users.remove("u1")]).toEqual([true, false]);
    expect(await users.findCredentials("reader")).toBeNull();
    users.add(reader);
  });
});

describe("memoryRefreshStore", () => {
  const session = (sid: string, seconds: number, end: number) =>
    newSession({ sid, userId: "u1", createdAt: at(seconds), expiresAt: at(end) });
  const DAY = 86_400;

  it("lets a user's expired sessions go when another begins a day later", async () => {
    const { pass } = timesFrom(START);
    const store = memoryRefreshStore();
    const later = 70 * 60 + DAY;
    const [one, two, three] = [session("s1", 0, 60), session("s2", 0, 3_700), session("s3", later, 2 * DAY)] as const;
    await store.startSession(one, 0, 100);
    await store.startSession(two, 0, 100);
    pass(later);
    await store.startSession(three, 0, 100);
    expect((await store.endSessions("u1", at(0))).map(({ sid }) => sid)).toEqual(["s2", "s3"]);
    expect(await store.findSession(one.family)).toBeNull();
  });

  it("lets other users' sessions go, and counts of a day ago, as sessions begin", async () => {
    const { pass } = timesFrom(START);
    const store = memoryRefreshStore();
    const old = session("s1", 0, 60);
    await store.startSession(old, 0, 100);
    await store.endSessions("u2", at(0));
    pass(3_600 + DAY);
    for (let other = 0; other < 8; other += 1) {
      await store.startSession(newSession({ createdAt: at(3_600 + DAY), expiresAt: at(9 * DAY) }), 0, 100);
    }
    expect(await store.findSession(old.family)).toBeNull();
    expect(await store.endings("u2")).toBe(0);
  });

  it("loses no session, and no count, to a clock that is ahead for a minute", async () => {
    const { pass } = timesFrom(START);
    const store = memoryRefreshStore();
    const old = session("s1", 0, 60);
    await store.startSession(old, 0, 100);
    await store.endSessions("u2", at(0));
    for (const ahead of [2 * DAY, 365 * DAY]) {
      for (let other = 0; other < 8; other += 1) {
        pass(8);
        const [createdAt, expiresAt] = [at(ahead + 8 * other), at(ahead + DAY)];
        await store.startSession(
          newSession({ createdAt, expiresAt, userId: other === 0 ? "u1" : `${ahead} ${other}` }),
          0,
          100,
        );
      }
    }
    expect(await store.findSession(old.family)).toEqual(old);
    expect(await store.endings("u2")).toBe(1);
  });

  it("knows nothing of a user without sessions", async () => {
    const store = memoryRefreshStore();
    expect(await store.endSession("s1", "u1", "logout")).toBeNull();
    expect(await store.sessions("u1", at(0))).toEqual([]);
    expect(await store.endSessions("u1", at(0))).toEqual([]);
    await store.deleteSessions("u1", ["s1"]);
  });
});

describe("memoryOneTimeStore", () => {
  const tokenOf = (digest: string, end: number) => ({
    digest,
    purpose: "code:x",
    userId: `of-${digest}`,
    data: "null",
    expiresAt: at(end),
  });
  /** So many others are issued that all entries are looked at. */
  const issueOthers = async (store: ReturnType<typeof memoryOneTimeStore>, seconds: number): Promise<void> => {
    for (let other = 0; other < 50; other += 1) {
      await store.put(tokenOf(`other-${seconds}-${other}`, seconds + 60), at(seconds));
    }
  };

  it("lets what has expired go as others are issued, once its tries count no more, ten minutes later", async () => {
    const { pass } = timesFrom(START);
    const store = memoryOneTimeStore();
    for (const digest of ["old", "tried"]) await store.put(tokenOf(digest, 60), at(0));
    await store.countTry("code:x", "of-tried", at(0), at(3_600));
    pass(659);
    await issueOthers(store, 659);
    expect(await store.countTry("code:x", "of-old", at(0), at(0))).not.toBeNull();
    pass(1);
    await issueOthers(store, 660);
    expect(await store.take("old")).toBeNull();
    expect(await store.countTry("code:x", "of-tried", at(660), at(660))).toEqual({ digest: "tried", tries: 2 });
    pass(3_540);
    await issueOthers(store, 4_200);
    expect(await store.take("tried")).toBeNull();
  });

  it("loses nothing to a clock that is ahead for a minute", async () => {
    const { pass } = timesFrom(START);
    const store = memoryOneTimeStore();
    await store.put(tokenOf("old", 60), at(0));
    pass(8);
    await issueOthers(store, 86_400);
    expect(await store.take("old")).toEqual(tokenOf("old", 60));
  });
});

describe("memoryApiKeys", () => {
  const keyOf = (digest: string, created: number, expires: number | null) =>
    newApiKey({ digest, createdAt: at(created), expiresAt: expires === null ? null : at(expires) });
  /** So many users create a key that all keys are looked at. */
  const createOthers = async (store: ReturnType<typeof memoryApiKeys>, seconds: number): Promise<void> => {
    for (let other = 0; other < 50; other += 1) {
      await store.insert(keyOf(`other-${seconds}-${other}`, seconds, seconds + 60), 1);
    }
  };

  it("lets all of a user's keys that expired long ago go when the user creates another", async () => {
    const { pass } = timesFrom(START);
    const store = memoryApiKeys();
    const own = { userId: "user-1" };
    for (let nth = 0; nth < 5; nth += 1) await store.insert({ ...keyOf(`old-${nth}`, 0, 60), ...own }, 5);
    pass(659);
    await store.insert({ ...keyOf("early", 659, null), ...own }, 5);
    expect((await store.list("user-1")).length).toBe(6);
    pass(1);
    await store.insert({ ...keyOf("new", 660, null), ...own }, 5);
    expect((await store.list("user-1")).length).toBe(2);
  });

  it("lets a key that has expired go as other users create theirs, ten minutes later", async () => {
    const { pass } = timesFrom(START);
    const store = memoryApiKeys();
    await store.insert(keyOf("old", 0, 60), 1);
    await store.insert(keyOf("endless", 0, null), 1);
    pass(659);
    await createOthers(store, 659);
    expect(await store.find("old")).not.toBeNull();
    pass(1);
    await createOthers(store, 660);
    expect(await store.find("old")).toBeNull();
    expect(await store.find("endless")).not.toBeNull();
  });

  it("loses no key to a clock that is ahead for a minute, and counts none that has expired by it", async () => {
    timesFrom(START);
    const store = memoryApiKeys();
    const [old, next] = [keyOf("old", 0, 1_800), keyOf("next", 3_600, 7_200)];
    expect(await store.insert({ ...old, userId: "u1" }, 1)).toBe(true);
    expect(await store.insert({ ...next, userId: "u1" }, 1)).toBe(true);
    expect(await store.insert({ ...keyOf("over", 3_600, 7_200), userId: "u1" }, 1)).toBe(false);
    expect(await store.find("old")).not.toBeNull();
  });
});

describe("memoryProofs", () => {
  const idOf = (nth: number): string => String(nth).padStart(43, "x");

  it("refuses what it has no room for, and forgets none for it", async () => {
    const { now, pass } = timesFrom(START);
    const proofs = memoryProofs({ maxProofs: 100 });
    const remember = (nth: number, ends = 60) => proofs.remember(idOf(nth), at(ends), new Date(now()));
    for (let nth = 0; nth < 100; nth += 1) expect(await remember(nth)).toBe(true);
    for (let time = 0; time < 5; time += 1)
      await expect(remember(100)).rejects.toThrow(/as many .* as maxProofs allows/);
    for (let nth = 0; nth < 100; nth += 1) expect(await remember(nth)).toBe(false);
    pass(59);
    await expect(remember(100, 120)).rejects.toThrow(/maxProofs/);
    pass(1);
    for (let nth = 100; nth < 200; nth += 1) expect(await remember(nth, 120)).toBe(true);
    await expect(remember(200, 120)).rejects.toThrow(/maxProofs/);
  });

  it("lets expired ones go, a few with every use", async () => {
    const { now, pass } = timesFrom(START);
    const proofs = memoryProofs({ maxProofs: 1_000 });
    for (let nth = 0; nth < 100_000; nth += 1) {
      await proofs.remember(idOf(nth), new Date(now() + 50_000), new Date(now()));
      if (nth % 10 === 0) pass(1);
    }
  });

  it("forgets nothing by a clock that leaps ahead and comes back", async () => {
    timesFrom(START);
    const proofs = memoryProofs();
    expect(await proofs.remember(idOf(1), at(60), at(0))).toBe(true);
    for (let nth = 2; nth < 20; nth += 1) await proofs.remember(idOf(nth), at(90_000), at(86_400));
    expect(await proofs.remember(idOf(1), at(60), at(1))).toBe(false);
  });

  it.each([0, -1, 1.5, "many", 1e9])("has room for a whole number of proofs, and %j is none", (maxProofs) => {
    expect(() => memoryProofs({ maxProofs: maxProofs as number })).toThrow(
      /maxProofs must be a whole number from 1 to/,
    );
  });
});

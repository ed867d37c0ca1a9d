import { afterEach, describe, expect, it, vi } from "vitest";
import type { Blocklist, Revocation, RevocationFeed, RevocationPage } from "../../../src/stores/contract.ts";
import { memoryBlocklist } from "../../../src/stores/memory.ts";
import { postgresBlocklist } from "../../../src/stores/postgres.ts";
import { redisBlocklist } from "../../../src/stores/redis.ts";
import { type ReplicatedBlocklistOptions, replicatedBlocklist } from "../../../src/stores/replicated.ts";
import { sqliteBlocklist } from "../../../src/stores/sqlite.ts";
import { later, passing, reference } from "./reading.ts";

/** A feed whose every read the test answers, when it will. */
function handFed() {
  interface Read {
    readonly cursor: string | null;
    readonly waitMs: number;
    readonly answer: (page: RevocationPage) => void;
    readonly fail: (error: Error) => void;
  }
  const reads: Read[] = [];
  const feed: RevocationFeed = {
    read: (cursor, waitMs) => new Promise((answer, fail) => reads.push({ cursor, waitMs, answer, fail })),
  };
  const next = async (): Promise<Read> => {
    while (reads.length === 0) await (vi.isFakeTimers() ? vi.advanceTimersByTimeAsync(1) : passing(1));
    return reads.shift() as Read;
  };
  return { feed, next, pending: () => reads.length };
}
/** A store that publishes by a feed of the test's. */
const by = (feed: RevocationFeed, store: Blocklist): Blocklist => ({ ...store, revocationFeed: () => feed });
const pageOf = (cursor: string, ...ids: string[]): RevocationPage => ({
  cursor,
  revocations: ids.map((id) => ({ kind: "token", id, expiresAt: later() })),
});

describe("a replicated blocklist", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const storeAsked = (asked: string[] = []): Blocklist => ({
    ...memoryBlocklist(),
    isRevoked: async ({ jti }) => {
      asked.push(String(jti));
      return jti === "in-store";
    },
  });
  const store = storeAsked();

  it("asks the store until it has loaded, and then nobody", async () => {
    const asked: string[] = [];
    const { feed, next } = handFed();
    const list = replicatedBlocklist({ store: by(feed, storeAsked(asked)) });
    expect(await list.isRevoked(reference("before"))).toBe(false);
    const started = list.start();
    expect(await list.isRevoked(reference("loading"))).toBe(false);
    expect(await list.isRevoked(reference("in-store"))).toBe(true);
    const first = await next();
    expect(first.cursor).toBeNull();
    first.answer(pageOf("7", "one"));
    await started;
    expect(list.isRevoked(reference("one"))).toBe(true);
    expect(list.isRevoked(reference("two"))).toBe(false);
    expect((await next()).cursor).toBe("7");
    expect(asked).toEqual(["before", "loading", "in-store"]);
    list.stop();
    expect(await list.isRevoked(reference("stopped"))).toBe(false);
    expect(asked.at(-1)).toBe("stopped");
  });

  it("asks the store once the feed has been silent for too long, counted from when it was asked", async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    const { feed, next } = handFed();
    const list = replicatedBlocklist({ store: by(feed, storeAsked(asked)), maxStalenessMs: 400 });
    const started = list.start();
    (await next()).answer(pageOf("1"));
    await started;
    expect(list.isRevoked(reference("fresh"))).toBe(false);
    const stuck = await next();
    await vi.advanceTimersByTimeAsync(410);
    expect(await list.isRevoked(reference("stale"))).toBe(false);
    stuck.answer(pageOf("2")); // what it says is from when it was sent, which may be as old
    await vi.advanceTimersByTimeAsync(3);
    expect(await list.isRevoked(reference("still stale"))).toBe(false);
    (await next()).answer(pageOf("3", "known"));
    await vi.advanceTimersByTimeAsync(3);
    expect(list.isRevoked(reference("fresh again"))).toBe(false);
    expect(list.isRevoked(reference("known"))).toBe(true);
    await vi.advanceTimersByTimeAsync(410);
    expect(list.isRevoked(reference("known")), "what it knows to be revoked stays so").toBe(true);
    expect(asked).toEqual(["stale", "still stale"]);
    list.stop();
  });

  it("applies each page as it comes, and is fresh once there is no more, as of its first read", async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    const { feed, next, pending } = handFed();
    const list = replicatedBlocklist({ store: by(feed, storeAsked(asked)), maxStalenessMs: 400 });
    const started = list.start();
    let isLoaded = false;
    void started.then(() => {
      isLoaded = true;
    });
    for (const nth of [1, 2, 3]) {
      const read = await next();
      expect([read.cursor, read.waitMs]).toEqual([nth === 1 ? null : String(nth - 1), 0]);
      read.answer({ ...pageOf(String(nth), `page-${nth}`), more: true });
      await vi.advanceTimersByTimeAsync(3);
      expect(list.isRevoked(reference(`page-${nth}`))).toBe(true);
      expect(await list.isRevoked(reference("another"))).toBe(false);
      expect([isLoaded, pending()]).toEqual([false, 1]);
    }
    expect(asked).toEqual(["another", "another", "another"]);
    await vi.advanceTimersByTimeAsync(410);
    (await next()).answer(pageOf("4"));
    await started;
    expect(await list.isRevoked(reference("as of long ago"))).toBe(false);
    expect(asked.at(-1)).toBe("as of long ago");
    (await next()).answer(pageOf("5"));
    await vi.advanceTimersByTimeAsync(3);
    expect(list.isRevoked(reference("fresh"))).toBe(false);
    expect(asked.at(-1)).toBe("as of long ago");
    list.stop();
  });

  describe("whose clock is ahead while it loads, and is then set right", () => {
    const HOUR = 3_600_000;
    const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
    const token = (id: string, minutes: number): Revocation => ({ kind: "token", id, expiresAt: inMinutes(minutes) });
    /** A copy that has loaded three revocations, two of which have ended by its clock. */
    const loadedAhead = async () => {
      let ahead = HOUR;
      const asked: string[] = [];
      const { feed, next, pending } = handFed();
      const now = (): number => Date.now() + ahead;
      const list = replicatedBlocklist({ store: by(feed, storeAsked(asked)), now });
      const started = list.start();
      const user: Revocation = { kind: "user", id: "user-2", issuedUpTo: new Date(), expiresAt: inMinutes(15) };
      const revocations = [token("in-store", 15), token("long", 120), user];
      (await next()).answer({ cursor: "1", revocations });
      await started;
      while (pending() === 0) await passing(1);
      const setAhead = (ms: number): void => {
        ahead = ms;
      };
      return { list, asked, next, pending, setAhead, revocations };
    };

    it("asks the store at once, and until it has read everything again from the beginning", async () => {
      const { list, asked, next, setAhead, revocations } = await loadedAhead();
      expect(list.isRevoked(reference("fresh"))).toBe(false);
      setAhead(0);
      expect(await list.isRevoked(reference("in-store"))).toBe(true);
      expect(list.isRevoked(reference("long")), "what it has kept is revoked").toBe(true);
      (await next()).answer(pageOf("2")); // this read was under way
      const again = await next();
      expect([again.cursor, again.waitMs]).toEqual([null, 0]);
      expect(await list.isRevoked(reference("reading"))).toBe(false);
      again.answer({ cursor: "3", revocations: revocations.slice(0, 1), more: true });
      const last = await next();
      expect(last.cursor).toBe("3");
      expect(await list.isRevoked(reference("still reading"))).toBe(false);
      last.answer({ cursor: "4", revocations });
      expect((await next()).cursor).toBe("4");
      expect(asked).toEqual(["in-store", "reading", "still reading"]);
      expect([list.isRevoked(reference("in-store")), list.isRevoked(reference("loaded"))]).toEqual([true, false]);
      expect(list.isRevoked({ ...reference("x"), userId: "user-2", issuedAt: new Date(0) })).toBe(true);
      expect(asked.length).toBe(3);
      list.stop();
    });

    it("reads everything again for each step in which the clock is set back", async () => {
      const { list, next, pending, setAhead, revocations } = await loadedAhead();
      for (const minutes of [30, 0]) {
        setAhead(minutes * 60_000);
        (await next()).answer(pageOf("2"));
        const again = await next();
        expect(again.cursor).toBeNull();
        again.answer({ cursor: "3", revocations });
        while (pending() === 0) await passing(1);
      }
      expect(list.isRevoked(reference("in-store"))).toBe(true);
      expect((await next()).cursor).toBe("3");
      list.stop();
    });

    it("reads it again after it was stopped and started", async () => {
      const { list, next, setAhead, revocations } = await loadedAhead();
      const old = await next();
      list.stop();
      setAhead(0);
      const again = list.start();
      old.answer(pageOf("2"));
      const first = await next();
      expect(first.cursor).toBeNull();
      first.answer({ cursor: "3", revocations });
      await again;
      expect(list.isRevoked(reference("in-store"))).toBe(true);
      list.stop();
    });

    it("reads nothing again where the clock is set back by less than what it keeps for longer", async () => {
      const { list, asked, next, setAhead } = await loadedAhead();
      setAhead(HOUR - 599_000);
      expect(list.isRevoked(reference("another"))).toBe(false);
      (await next()).answer(pageOf("2"));
      expect((await next()).cursor).toBe("2");
      expect(asked).toEqual([]);
      list.stop();
    });
  });

  it("is an outage where the store is down too", async () => {
    const down = { ...store, isRevoked: () => Promise.reject(new Error("down")) };
    const list = replicatedBlocklist({ store: by(handFed().feed, down) });
    await expect(list.isRevoked(reference("x"))).rejects.toThrow("down");
  });

  it("goes on after a read that failed, hung or was told badly, from where it was", async () => {
    const errors: unknown[] = [];
    const { feed, next } = handFed();
    const onFeedError = (error: unknown): void => {
      errors.push((error as Error).message);
      throw new Error("boo");
    };
    const list = replicatedBlocklist({ store: by(feed, store), maxStalenessMs: 400, onFeedError });
    const started = list.start();
    (await next()).fail(new Error("first"));
    (await next()).answer(pageOf("5"));
    await started;
    (await next()).fail(new Error("second"));
    const after = await next();
    expect(after.cursor).toBe("5");
    after.answer(pageOf("6", "late"));
    await passing(3);
    expect(list.isRevoked(reference("late"))).toBe(true);
    expect(errors).toEqual(["first", "second"]);
    list.stop();
  });

  it("waits for a late read, and gives it up after a minute, so that there is only one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { feed, next, pending } = handFed();
    const errors: unknown[] = [];
    const list = replicatedBlocklist({
      store: by(feed, store),
      onFeedError: (error) => errors.push((error as Error).message),
    });
    list.start().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(pending()).toBe(1);
    const lost = await next();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(errors).toEqual(["the feed did not answer within 60000 ms"]);
    expect(pending()).toBe(1);
    lost.answer(pageOf("9", "lost"));
    (await next()).answer(pageOf("1"));
    await vi.advanceTimersByTimeAsync(1);
    expect(list.isRevoked(reference("lost"))).toBe(false);
    expect(pending()).toBe(1);
    const { cursor, waitMs } = await next();
    expect([cursor, waitMs]).toEqual(["1", 500]);
    list.stop();
  });

  it("takes up after a failure where the last page ended", async () => {
    const { feed, next } = handFed();
    const list = replicatedBlocklist({
      store: by(feed, store),
      onFeedError: async () => Promise.reject(new Error("boo")),
    });
    const started = list.start();
    (await next()).answer({ ...pageOf("1"), more: true });
    (await next()).fail(new Error("cut"));
    const again = await next();
    expect(again.cursor).toBe("1");
    again.answer(pageOf("2"));
    await started;
    list.stop();
  });

  it("says when loading is stuck, and goes on", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { feed, next } = handFed();
    const list = replicatedBlocklist({ store: by(feed, store), onFeedError: () => undefined });
    let outcome: unknown = "loading";
    list.start().then(
      () => {
        outcome = "loaded";
      },
      (error) => {
        outcome = error;
      },
    );
    (await next()).answer({ ...pageOf("1", "known"), more: true });
    await vi.advanceTimersByTimeAsync(4_900);
    (await next()).answer({ ...pageOf("2"), more: true });
    await vi.advanceTimersByTimeAsync(4_900);
    expect(outcome).toBe("loading");
    const down = new Error("down");
    (await next()).fail(down);
    await vi.advanceTimersByTimeAsync(200);
    expect(outcome).toMatchObject({
      message: expect.stringMatching(/nothing came .* for 5000 ms; it goes on/),
      cause: down,
    });
    (await next()).answer(pageOf("3"));
    await vi.advanceTimersByTimeAsync(10);
    expect(list.isRevoked(reference("known"))).toBe(true);
    expect(list.isRevoked(reference("another"))).toBe(false);
    (await next()).answer(pageOf("4"));
    await vi.advanceTimersByTimeAsync(6_000);
    list.stop();
    expect(vi.getTimerCount()).toBe(1); // that of the read which nobody answers
  });

  it("warns once of a feed that can't be read, where nobody listens, and rejects nothing that nobody handles", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const { feed, next } = handFed();
    const list = replicatedBlocklist({ store: by(feed, store) });
    void list.start();
    (await next()).fail(new Error("secret"));
    (await next()).fail(new Error("secret"));
    (await next()).answer(pageOf("1"));
    list.stop();
    await passing(3);
    expect(warn.mock.calls.length).toBe(1);
    expect(String(warn.mock.calls[0]?.[0])).toMatch(/its feed can't be read, so that requests ask the store/);
    expect(String(warn.mock.calls[0]?.[0])).not.toContain("secret");
  });

  it("tells nobody of a read that fails once it is stopped: its connection may be closed then", async () => {
    const { feed, next } = handFed();
    const onFeedError = vi.fn();
    const list = replicatedBlocklist({ store: by(feed, store), onFeedError });
    void list.start();
    (await next()).answer(pageOf("1"));
    const last = await next();
    list.stop();
    last.fail(new Error("closed"));
    await passing(3);
    expect(onFeedError).not.toHaveBeenCalled();
  });

  it("asks the store, and never the copy, up to when a user is cut off, where the store can say it", async () => {
    const { feed } = handFed();
    const cut = new Date();
    const said = { ...store, revokedUpTo: async (userId: string) => (userId === "user-1" ? cut : null) };
    const list = replicatedBlocklist({ store: by(feed, said) });
    await list.revokeUser("user-2", cut, later(), ["session-2"]);
    expect(list.isRevoked({ ...reference("x"), sid: "session-2" })).toBe(true);
    expect([await list.revokedUpTo?.("user-1"), await list.revokedUpTo?.("user-2")]).toEqual([cut, null]);
    const silent = { ...store, revokedUpTo: undefined as never };
    expect("revokedUpTo" in replicatedBlocklist({ store: by(feed, silent) })).toBe(false);
  });

  it("asks the store for good once it was stopped, also where a read ends after that", async () => {
    const asked: string[] = [];
    const { feed, next } = handFed();
    const list = replicatedBlocklist({ store: by(feed, storeAsked(asked)) });
    void list.start();
    const read = await next();
    list.stop();
    read.answer(pageOf("7"));
    await passing(1);
    expect(await list.isRevoked(reference("late"))).toBe(false);
    expect(asked).toEqual(["late"]);
  });

  it("asks a store that is made by a class, too, up to when a user is cut off", async () => {
    class Store {
      readonly cut = new Date(1_000);
      async revokedUpTo(): Promise<Date> {
        return this.cut;
      }
    }
    const store = Object.assign(new Store(), by(handFed().feed, storeAsked()), {
      revokedUpTo: Store.prototype.revokedUpTo,
    });
    expect(await replicatedBlocklist({ store }).revokedUpTo?.("user-1")).toEqual(new Date(1_000));
  });

  it("follows once, and can be stopped and started again", async () => {
    const { feed, next, pending } = handFed();
    const list = replicatedBlocklist({ store: by(feed, store) });
    const first = list.start();
    await expect(list.start()).rejects.toThrow(/follows its feed already/);
    const old = await next();
    list.stop();
    await expect(first).rejects.toThrow(/stopped before it had loaded/);
    void list.start();
    list.stop();
    const again = list.start();
    await passing(3);
    expect(pending()).toBe(0); // the old one is under way
    old.answer(pageOf("9", "old"));
    (await next()).answer(pageOf("1"));
    await again;
    expect(list.isRevoked(reference("old"))).toBe(false);
    expect((await next()).cursor).toBe("1");
    list.stop();
  });

  it("knows what it revoked itself, but not what could not be stored", async () => {
    const { feed, next } = handFed();
    const failing = { ...store, revokeToken: () => Promise.reject(new Error("down")) };
    const list = replicatedBlocklist({ store: by(feed, failing) });
    const started = list.start();
    (await next()).answer(pageOf("1"));
    await started;
    await list.revokeSession("session-1", later(), "user-1");
    await list.revokeUser("user-2", new Date(), later());
    expect(list.isRevoked({ ...reference("x"), sid: "session-1" })).toBe(true);
    expect(list.isRevoked({ ...reference("x"), userId: "user-2", issuedAt: new Date(0) })).toBe(true);
    await expect(async () => list.revokeToken("y", later(), "user-1")).rejects.toThrow("down");
    expect(list.isRevoked(reference("y"))).toBe(false);
    list.stop();
  });

  const database = { prepare: () => ({ all: () => [], run: () => undefined }), exec: () => undefined };
  it.each<readonly [string, Blocklist]>([
    ["memory", memoryBlocklist()],
    ["SQLite", sqliteBlocklist({ database })],
    ["Redis, without a feed", redisBlocklist({ send: async () => null })],
    ["Postgres, without a feed", postgresBlocklist({ client: { query: async () => ({ rows: [] }) } })],
    ["a copy", replicatedBlocklist({ store: by(handFed().feed, store) })],
  ])("refuses a store that publishes nothing: %s", (_name, silent) => {
    expect(() => replicatedBlocklist({ store: silent })).toThrow(/store publishes nothing .* its option feed/);
  });

  const followed = by(handFed().feed, store);
  it.each<readonly [object | undefined, RegExp]>([
    [undefined, /takes a plain object with options: store/],
    [{ store: {} }, /store must be a blocklist/],
    [{ store: followed, feed: {} }, /there is no option "feed"/],
    [{ store: followed, maxStalenessMs: 0 }, /maxStalenessMs must be/],
    [{ store: followed, maxStalenessMs: 1.5e9 }, /maxStalenessMs must be/],
    [{ store: followed, now: 5 }, /now must be a function/],
    [{ store: followed, onFeedError: "log" }, /onFeedError must be a function/],
  ])("refuses %o", (options, why) => {
    expect(() => replicatedBlocklist(options as ReplicatedBlocklistOptions)).toThrow(why);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_DELETED_ROWS } from "../../../src/shared/limits.ts";
import { type Deletion, scheduleDeletion } from "../../../src/stores/shared/deletion.ts";
import { bindClient, SQLITE_OPTIONS } from "../../../src/stores/sqlite/client.ts";
import { deleteExpiredRows } from "../../../src/stores/sqlite/deletion.ts";
import { sqliteBlocklist, sqliteRefreshStore, sqliteSchema } from "../../../src/stores/sqlite.ts";
import { fill, listLeft, scheduledBy } from "../scheduled.ts";
import { sqliteStores } from "./databases.ts";
import { SQLITES } from "./drivers.ts";

describe("a store that deletes by itself", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const storeOf = (deleteExpired: (at?: Date) => Promise<number>) => ({ deleteExpired });

  it("does so as often as it is told, from then on, and leaves the instant to the store", async () => {
    const asked: unknown[][] = [];
    const store = storeOf(async (...given) => asked.push(given));
    expect(scheduleDeletion("x", store, { deleteExpired: { every: "10m" } })).toBe(store);
    await vi.advanceTimersByTimeAsync(599_999);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(600_001);
    expect(asked).toEqual([[], []]);
  });

  it("does nothing where nobody asks for it", () => {
    const store = storeOf(() => Promise.reject(new Error("asked")));
    expect(scheduleDeletion("x", store, {})).toBe(store);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("never does so twice at once, and goes on after a failure", async () => {
    let asked = 0;
    let fail = (_error: Error): void => undefined;
    const store = storeOf(() => {
      asked += 1;
      return new Promise((_, reject) => {
        fail = reject;
      });
    });
    const errors: unknown[] = [];
    const onError = (error: unknown): never => {
      errors.push(error);
      throw new Error("the listener's own");
    };
    scheduleDeletion("x", store, { deleteExpired: { every: 1, onError } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toBe(1);
    fail(new Error("down"));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([asked, errors]).toEqual([2, [new Error("down")]]);
  });

  it("warns once where nobody listens", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    scheduleDeletion(
      "sqliteBlocklist",
      storeOf(() => Promise.reject(new Error("secret"))),
      { deleteExpired: { every: 1 } },
    );
    await vi.advanceTimersByTimeAsync(5_000);
    expect(warn.mock.calls).toEqual([
      ["sqliteBlocklist: what has ended could not be deleted; give deleteExpired.onError"],
    ]);
  });

  it("keeps no process alive", () => {
    vi.useRealTimers();
    const unref = vi.fn();
    vi.spyOn(globalThis, "setInterval").mockReturnValue({ unref } as never);
    scheduleDeletion(
      "x",
      storeOf(async () => 0),
      { deleteExpired: { every: 1 } },
    );
    expect(unref).toHaveBeenCalledOnce();
  });

  it.each([{}, { every: 0 }, { every: "25d" }, { every: Number.NaN }, { every: "10 m" }])("refuses %j", (given) => {
    const made = (): unknown =>
      scheduleDeletion(
        "x",
        storeOf(async () => 0),
        { deleteExpired: given as Deletion },
      );
    expect(made).toThrow(/^x: deleteExpired.every must be a whole number of seconds from 1 to 2073600/);
  });

  it.each([null, "10m", { every: 1, onerror: () => undefined }])("refuses %j for options", (given) => {
    const store = storeOf(async () => 0);
    expect(() => scheduleDeletion("x", store, { deleteExpired: given as Deletion })).toThrow(
      /^x: deleteExpired(: there is no option "onerror"| takes a plain object)/,
    );
  });

  it("refuses a listener that is none", () => {
    const deleteExpired = { every: 1, onError: "log" as never };
    expect(() =>
      scheduleDeletion(
        "x",
        storeOf(async () => 0),
        { deleteExpired },
      ),
    ).toThrow(/onError must be a function/);
  });
});

describe.each(Object.entries(SQLITES))("%s", (_name, open) => {
  it("deletes a lot in small transactions, and lets the process and its other writes go on", async () => {
    const database = open(":memory:");
    database.exec(`${sqliteSchema()}; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
      INSERT INTO hallpass_revocations SELECT 'token', hex(randomblob(16)), NULL, i FROM n`);
    const blocklist = sqliteBlocklist({ database });
    const count = (): number =>
      (database.prepare("SELECT count(*) AS rows FROM hallpass_revocations").all()[0] as { rows: number }).rows;
    let [turns, isOver] = [0, false];
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    turn();
    const deletion = blocklist.deleteExpired(new Date(40_000));
    await blocklist.revokeToken("between", new Date(99_999), "user-1");
    expect(count()).toBeGreaterThan(10_001);
    expect(await deletion).toBe(40_000);
    isOver = true;
    expect(count()).toBe(10_001);
    expect(turns, "turns of the event loop").toBeGreaterThan(40_000 / MAX_DELETED_ROWS);
    database.close();
  });

  it("deletes by itself nothing that still counts, where the clock leaps ahead", async () => {
    const database = open(":memory:");
    database.exec(sqliteSchema());
    const HOUR = 3_600_000;
    const now = Date.now();
    const [stores, ALL] = [sqliteStores(database), ["refresh", "blocklist", "oneTime", "apiKeys", "proofs"]];
    await fill(stores, "past", new Date(now - HOUR));
    await fill(stores, "margin", new Date(now - 30_000));
    await fill(stores, "living", new Date(now + HOUR));
    await stores.refresh.endSessions("ended", new Date(now));
    await stores.refresh.endSessions("long-ended", new Date(now - 25 * HOUR));
    const runAll = scheduledBy(() => sqliteStores(database, { deleteExpired: { every: "10m" } }));
    vi.spyOn(Date, "now").mockImplementation(() => now + 26 * HOUR);
    await runAll();
    vi.restoreAllMocks();
    expect(await listLeft(stores, "past")).toEqual([]);
    expect(await listLeft(stores, "margin")).toEqual(ALL);
    expect(await listLeft(stores, "living")).toEqual(ALL);
    expect([await stores.refresh.endings("ended"), await stores.refresh.endings("long-ended")]).toEqual([1, 0]);
    database.close();
  });

  it("deletes what ended first at first", async () => {
    const database = open(":memory:");
    database.exec(`${sqliteSchema()}; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO hallpass_sessions (sid, user_id, family, created_at, last_used_at, expires_at, rotation, revision)
      SELECT 's' || (1000 - i), 'u', i, 0, 0, i, '', 0 FROM n`);
    const { query, transact } = bindClient("test", { database }, SQLITE_OPTIONS);
    const oldest = (): unknown => query("SELECT min(expires_at) AS oldest FROM hallpass_sessions")[0]?.oldest;
    const seen: unknown[] = [];
    const spied: typeof transact = async (work) => {
      const result = await transact(work);
      seen.push(oldest());
      return result;
    };
    expect(await deleteExpiredRows({ query, transact: spied }, '"hallpass_sessions"', "sid", 250)).toBe(250);
    expect(seen[0]).toBe(51);
    expect(await sqliteRefreshStore({ database }).deleteExpired(new Date(250))).toBe(0);
    database.close();
  });
});

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindClient, SQLITE_OPTIONS } from "../../../src/stores/sqlite/client.ts";
import { type SqliteDatabase, sqliteBlocklist, sqliteSchema, sqliteUsers } from "../../../src/stores/sqlite.ts";
import { bundleFixture } from "../../support/fixture.ts";
import { HASH } from "../../support/hash.ts";
import { runs } from "../../support/thorough.ts";
import { type OpenedSqlite, SQLITES } from "../sqlite/drivers.ts";

const LATER = new Date(Date.UTC(2040, 0, 1));
const reader = (id: string) => ({ id, login: id, passwordHash: HASH });
const revoked = (jti: string) => ({ jti, sid: null, userId: "user-1", issuedAt: new Date(0) });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hallpass-sqlite-writes-"));
});
const closing: (() => unknown)[] = [];
afterAll(() => {
  for (const close of closing) close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a file of its own by two connections. */
function openTwice(open: (file: string) => OpenedSqlite) {
  const file = join(folder, `${randomUUID()}.db`);
  const database = open(file);
  database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; ${sqliteSchema()}`); // the machine goes on
  const foreign = open(file);
  foreign.exec("PRAGMA synchronous = OFF");
  closing.push(
    () => foreign.close(),
    () => database.close(),
  );
  return { file, database, foreign };
}

describe.concurrent.each(Object.entries(SQLITES))("%s", (name, open) => {
  const opened = () => openTwice(open);
  const idsIn = (it: SqliteDatabase): unknown[] =>
    (it.prepare("SELECT id FROM hallpass_users ORDER BY id").all() as { id: string }[]).map(({ id }) => id);

  /** A database whose `ROLLBACK` fails some times. */
  const rollingBackAfter = (database: SqliteDatabase, failures: number): SqliteDatabase => {
    let left = failures;
    return {
      prepare: (sql) => database.prepare(sql),
      exec(sql) {
        if (sql.startsWith("ROLLBACK") && left > 0) {
          left -= 1;
          throw new Error("disk I/O error");
        }
        return database.exec(sql);
      },
    };
  };
  /** Makes a user `"orphan"` one that can be written and not committed. */
  const refuseToCommit = (it: SqliteDatabase): void => {
    it.exec(`PRAGMA foreign_keys = ON; CREATE TABLE parents (id TEXT PRIMARY KEY);
      CREATE TABLE children (id TEXT REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER refuse AFTER INSERT ON hallpass_users WHEN new.id = 'orphan'
      BEGIN INSERT INTO children VALUES (new.id); END`);
  };

  it("keeps what it has answered after a commit that failed", async () => {
    const { database, foreign } = opened();
    refuseToCommit(database);
    const users = sqliteUsers({ database });
    await expect(users.add(reader("orphan"))).rejects.toThrow(/FOREIGN KEY/);
    await users.add(reader("u1"));
    expect(idsIn(foreign)).toEqual(["u1"]);
    await expect(users.add(reader("orphan"))).rejects.toThrow(/FOREIGN KEY/);
    expect(await users.remove("u1")).toBe(true);
    expect(idsIn(foreign)).toEqual([]);
  });

  it("says so where it can't even ask whether a transaction is open", async () => {
    const { database } = opened();
    const broken: SqliteDatabase = {
      prepare: (sql) => database.prepare(sql),
      exec(sql) {
        if (sql === "BEGIN") throw new Error("disk I/O error");
        return database.exec(sql);
      },
    };
    await expect(sqliteUsers({ database: broken }).findById("u1")).rejects.toThrow("disk I/O error");
    await expect(sqliteUsers({ database: broken }).add(reader("u1"))).rejects.toThrow("disk I/O error");
  });

  it("goes on only when a transaction of its own, that could not be rolled back, is gone", async () => {
    const { database, foreign } = opened();
    refuseToCommit(database);
    const users = sqliteUsers({ database: rollingBackAfter(database, 3) });
    await expect(users.add(reader("orphan"))).rejects.toThrow(/FOREIGN KEY/);
    await expect(users.add(reader("u1"))).rejects.toThrow(/can't be rolled back/);
    await expect(users.findById("orphan")).rejects.toThrow(/can't be rolled back/);
    await users.add(reader("u2"));
    expect(await users.findById("orphan")).toBeNull();
    expect(idsIn(foreign)).toEqual(["u2"]);
  });

  /** The database as a driver has it that doesn't say whether a transaction is open. */
  const mute = (database: SqliteDatabase): SqliteDatabase => ({
    prepare: (sql) => database.prepare(sql),
    exec: (sql) => database.exec(sql),
  });

  it.each<readonly [string, (database: SqliteDatabase) => SqliteDatabase]>([
    ["by a driver that says so", (database) => database],
    ["by one that doesn't", mute],
  ])("takes no part in the application's own transaction, and waits for its end: %s", async (_how, given) => {
    const { database, foreign } = opened();
    const [users, blocklist] = [
      sqliteUsers({ database: given(database) }),
      sqliteBlocklist({ database: given(database) }),
    ];
    database.exec("BEGIN; INSERT INTO hallpass_users (id, login) VALUES ('draft', 'draft')");
    const work = [
      users.add(reader("u1")),
      blocklist.revokeToken("t1", LATER, "user-1"),
      users.findById("draft"),
      blocklist.isRevoked(revoked("t1")),
    ];
    const over = work.map((it) => Promise.resolve(it).then(() => true));
    expect(await Promise.race([...over, sleep(50)])).toBeUndefined();
    database.exec("ROLLBACK");
    expect((await Promise.all(work))[2], "what was never committed is never told").toBeNull();
    expect(idsIn(foreign)).toEqual(["u1"]);
    expect(await blocklist.isRevoked(revoked("t1"))).toBe(true);
  });

  it("is stored whatever becomes of a transaction that goes on around the call", async () => {
    const { database, foreign } = opened();
    const blocklist = sqliteBlocklist({ database });
    database.exec("BEGIN");
    const revoking = blocklist.revokeToken("t1", LATER, "user-1");
    database.exec("ROLLBACK");
    await revoking;
    expect(await sqliteBlocklist({ database: foreign }).isRevoked(revoked("t1"))).toBe(true);
  });

  it("refuses to wait for the application's own transaction for ever, and says what to do", async () => {
    const { database, foreign } = opened();
    const [users, blocklist] = [sqliteUsers({ database }), sqliteBlocklist({ database: mute(database) })];
    database.exec("BEGIN");
    const why = /the application held a transaction open for 2000 ms; give the stores a connection of their own/;
    const refused = [users.add(reader("u1")), users.findById("u1"), blocklist.revokeToken("t1", LATER, "user-1")];
    await Promise.all(refused.map((it) => expect(it).rejects.toThrow(why)));
    const elsewhere = sqliteUsers({ database: foreign });
    await elsewhere.add(reader("u2")); // no lock was taken on the way
    database.exec("COMMIT");
    expect(idsIn(foreign)).toEqual(["u2"]);
  });

  it("writes nothing outside of a transaction", async () => {
    const { database } = opened();
    const { query, execute, transact } = bindClient("test", { database }, SQLITE_OPTIONS);
    expect(() => execute("DELETE FROM hallpass_users")).toThrow("test: only a SELECT may run outside of a transaction");
    expect(() => query("DELETE FROM hallpass_users RETURNING id")).toThrow(/only a SELECT/);
    expect(await transact(() => query("DELETE FROM hallpass_users RETURNING id"))).toEqual([]);
  });

  it("waits for another connection's writing without holding up the process, and not for ever", {
    timeout: 60_000,
  }, async () => {
    const { database, foreign } = opened();
    const [users, blocklist] = [sqliteUsers({ database }), sqliteBlocklist({ database })];
    database.exec("PRAGMA busy_timeout = 5000");
    await users.add(reader("u1"));
    const [reads, writes, delays]: number[][] = [[], [], []];
    const outcomes = new Map<string, boolean>();
    const timed = async (times: number[] | undefined, work: Promise<unknown>): Promise<void> => {
      const started = performance.now();
      await work;
      times?.push(performance.now() - started);
    };
    let seen = performance.now();
    const watch = setInterval(() => {
      delays?.push(performance.now() - seen - 10);
      seen = performance.now();
    }, 10);
    foreign.exec("BEGIN IMMEDIATE; UPDATE hallpass_users SET disabled = 1");
    const all: Promise<void>[] = [];
    const calls = runs(88, 160);
    for (let index = 0; index < calls; index += 1) {
      if (index === calls - 4) foreign.exec("ROLLBACK"); // 2.1 s later, or 3.9
      const jti = `token-${index}`;
      const work = Promise.resolve(blocklist.revokeToken(jti, LATER, "user-1")).then(
        () => outcomes.set(jti, true),
        () => outcomes.set(jti, false),
      );
      all.push(timed(index % 2 === 0 ? writes : undefined, work));
      if (index % 2 === 1) all.push(timed(reads, users.findById("u1")));
      await sleep(25);
    }
    await Promise.all(all);
    clearInterval(watch);
    const most = (times: number[] | undefined): number => Math.max(...(times as number[]));
    console.log(`${name}: read ${most(reads)} ms, write ${most(writes)} ms, event loop ${most(delays)} ms at most`);
    // Waiting inside of SQLite would hold all up for as long as the other connection writes.
    expect(most(reads)).toBeLessThan(1_000);
    expect(most(writes)).toBeLessThan(3_000);
    expect(most(delays)).toBeLessThan(1_000);
    expect(new Set(outcomes.values())).toEqual(new Set([true, false]));
    for (const [jti, isStored] of outcomes) {
      expect(await sqliteBlocklist({ database: foreign }).isRevoked(revoked(jti)), jti).toBe(isStored);
    }
    expect(database.prepare("PRAGMA busy_timeout").all()).toEqual([{ timeout: 5_000 }]);
  });

  it("lets the process do other things between the writes of a long queue", async () => {
    const { database } = opened();
    const blocklist = sqliteBlocklist({ database });
    let [turns, isOver] = [0, false];
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(Array.from({ length: 30 }, (_, nth) => blocklist.revokeToken(`queued-${nth}`, LATER, "user-1")));
    isOver = true;
    expect(turns).toBeGreaterThan(20);
  });

  it("works and reads what is new after another connection's writing", async () => {
    const { database, foreign } = opened();
    const users = sqliteUsers({ database });
    foreign.exec("BEGIN IMMEDIATE");
    await expect(users.add(reader("u1"))).rejects.toThrow(/others were writing for 2000 ms/);
    foreign.exec("COMMIT");
    await sqliteUsers({ database: foreign }).add(reader("u2"));
    expect(await users.findById("u2")).not.toBeNull();
    await users.add(reader("u4"));
    expect(idsIn(foreign)).toEqual(["u2", "u4"]);
  });

  it("stores each write of two processes that it has answered", { timeout: 60_000 }, async () => {
    const { database, file } = opened();
    const fixture = await bundleFixture(join(import.meta.dirname, "write.ts"));
    const count = runs(150, 500);
    const stored = await Promise.all(
      ["one", "two"].map(async (process_) => {
        const args = [fixture, name, file, process_, String(count)];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
        let output = "";
        for await (const chunk of child.stdout) output += chunk;
        return JSON.parse(output) as string[];
      }),
    );
    expect(stored.map(({ length }) => length)).toEqual([count, count]);
    const { length } = database.prepare("SELECT id FROM hallpass_revocations").all();
    expect(length).toBe(2 * count);
  });
});

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runnerOf } from "../../src/stores/sqlite/database.ts";
import { type SqliteDatabase, sqliteBlocklist, sqliteSchema, sqliteUsers } from "../../src/stores/sqlite.ts";
import { type OpenedSqlite, SQLITES } from "./sqlite-drivers.ts";

const LATER = new Date(Date.UTC(2040, 0, 1));
const reader = (id: string) => ({ id, login: id, passwordHash: "hash" });
const revoked = (jti: string) => ({ jti, sid: null, userId: "user-1", issuedAt: new Date(0) });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hallpass-sqlite-writes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(SQLITES))("%s", (name, open) => {
  let file: string;
  let database: OpenedSqlite;
  let foreign: OpenedSqlite;
  beforeEach(() => {
    file = join(folder, `${randomUUID()}.db`);
    database = open(file);
    foreign = open(file);
    database.exec(`PRAGMA journal_mode = WAL; ${sqliteSchema()}`);
  });
  afterEach(() => {
    foreign.close();
    database.close();
  });
  const idsIn = (it: SqliteDatabase): unknown[] =>
    (it.prepare("SELECT id FROM hallpass_users ORDER BY id").all() as { id: string }[]).map(({ id }) => id);

  /** A database whose `ROLLBACK` fails some times. */
  const rollingBackAfter = (failures: number): SqliteDatabase => {
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
    refuseToCommit(database);
    const users = sqliteUsers({ database });
    await expect(users.add(reader("orphan"))).rejects.toThrow(/FOREIGN KEY/);
    await users.add(reader("u1"));
    expect(idsIn(foreign)).toEqual(["u1"]);
    await expect(users.add(reader("orphan"))).rejects.toThrow(/FOREIGN KEY/);
    expect(await users.remove("u1")).toBe(true);
    expect(idsIn(foreign)).toEqual([]);
  });

  it("goes on only when a transaction of its own, that could not be rolled back, is gone", async () => {
    refuseToCommit(database);
    const users = sqliteUsers({ database: rollingBackAfter(3) });
    await expect(users.add(reader("orphan"))).rejects.toThrow(/FOREIGN KEY/);
    await expect(users.add(reader("u1"))).rejects.toThrow(/can't be rolled back/);
    await expect(users.findById("orphan")).rejects.toThrow(/can't be rolled back/);
    await users.add(reader("u2"));
    expect(await users.findById("orphan")).toBeNull();
    expect(idsIn(foreign)).toEqual(["u2"]);
  });

  it("leaves nothing half done in the application's own transaction", async () => {
    const users = sqliteUsers({ database });
    database.exec(
      "CREATE TRIGGER refuse AFTER INSERT ON hallpass_users WHEN new.id = 'orphan' BEGIN SELECT RAISE(FAIL, 'no'); END",
    );
    database.exec("BEGIN");
    await users.add(reader("u1"));
    await expect(users.add(reader("orphan"))).rejects.toThrow(/no/);
    await users.add(reader("u2"));
    expect(idsIn(foreign)).toEqual([]);
    database.exec("COMMIT");
    expect(idsIn(foreign)).toEqual(["u1", "u2"]);
    database.exec("BEGIN");
    await users.add(reader("u3"));
    database.exec("ROLLBACK");
    expect(idsIn(database)).toEqual(["u1", "u2"]);
  });

  it("says what happened where SQLite itself has ended the application's transaction", async () => {
    database.exec(
      "DROP TABLE hallpass_users; CREATE TABLE hallpass_users (id TEXT, login TEXT NOT NULL ON CONFLICT ROLLBACK, password_hash, disabled)",
    );
    const users = sqliteUsers({ database });
    database.exec("BEGIN");
    await users.add(reader("u1"));
    await expect(users.add({ ...reader("u2"), login: null as never })).rejects.toThrow(/NOT NULL/);
    expect(() => database.exec("COMMIT")).toThrow(/no transaction/);
    await users.add(reader("u3"));
    expect(idsIn(foreign)).toEqual(["u3"]);
  });

  it("ends the application's transaction rather than leave it with half of something", async () => {
    database.exec(
      "CREATE TRIGGER refuse AFTER INSERT ON hallpass_users WHEN new.id = 'orphan' BEGIN SELECT RAISE(FAIL, 'no'); END",
    );
    const users = sqliteUsers({ database: rollingBackAfter(1) });
    database.exec("BEGIN");
    await expect(users.add(reader("orphan"))).rejects.toThrow(/no/);
    expect(() => database.exec("COMMIT")).toThrow(/no transaction/);
    expect(idsIn(foreign)).toEqual([]);
  });

  it("writes nothing outside of a transaction", async () => {
    const { rows, write, atomically } = runnerOf("test", { database });
    expect(() => write("DELETE FROM hallpass_users")).toThrow("test: only a SELECT may run outside of a transaction");
    expect(() => rows("DELETE FROM hallpass_users RETURNING id")).toThrow(/only a SELECT/);
    expect(await atomically(() => rows("DELETE FROM hallpass_users RETURNING id"))).toEqual([]);
  });

  it("waits for another connection's writing without holding up the process, and not for ever", {
    timeout: 60_000,
  }, async () => {
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
    for (let index = 0; index < 160; index += 1) {
      if (index === 140) foreign.exec("ROLLBACK"); // 3.5 s later
      const jti = `token-${index}`;
      const work = Promise.resolve(blocklist.revokeToken(jti, LATER, "user-1")).then(
        () => outcomes.set(jti, true),
        () => outcomes.set(jti, false),
      );
      all.push(index % 2 === 0 ? timed(writes, work) : timed(reads, users.findById("u1")));
      await sleep(25);
    }
    await Promise.all(all);
    clearInterval(watch);
    const most = (times: number[] | undefined): number => Math.max(...(times as number[]));
    console.log(`${name}: read ${most(reads)} ms, write ${most(writes)} ms, event loop ${most(delays)} ms at most`);
    expect(most(reads)).toBeLessThan(50);
    expect(most(writes)).toBeLessThan(2_500);
    expect(most(delays)).toBeLessThan(200);
    expect(new Set(outcomes.values())).toEqual(new Set([true, false]));
    for (const [jti, isStored] of outcomes) {
      expect(await sqliteBlocklist({ database: foreign }).isRevoked(revoked(jti)), jti).toBe(isStored);
    }
    expect(database.prepare("PRAGMA busy_timeout").all()).toEqual([{ timeout: 5_000 }]);
  });

  it("works and reads what is new after another connection's writing, also within the application's own transactions", async () => {
    const users = sqliteUsers({ database });
    foreign.exec("BEGIN IMMEDIATE");
    database.exec("BEGIN");
    await expect(users.add(reader("u1"))).rejects.toThrow(/others were writing for 2000 ms/);
    database.exec("COMMIT");
    await expect(users.add(reader("u1"))).rejects.toThrow(/others were writing for 2000 ms/);
    foreign.exec("COMMIT");
    await sqliteUsers({ database: foreign }).add(reader("u2"));
    expect(await users.findById("u2")).not.toBeNull();
    database.exec("BEGIN");
    await users.add(reader("u3"));
    database.exec("COMMIT");
    await users.add(reader("u4"));
    expect(idsIn(foreign)).toEqual(["u2", "u3", "u4"]);
  });

  it("stores each write of two processes that it has answered", { timeout: 60_000 }, async () => {
    const fixture = join(import.meta.dirname, "write-sqlite.ts");
    const stored = await Promise.all(
      ["one", "two"].map(async (process_) => {
        const args = ["--import", "tsx", fixture, name, file, process_, "500"];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
        let output = "";
        for await (const chunk of child.stdout) output += chunk;
        return JSON.parse(output) as string[];
      }),
    );
    expect(stored.map(({ length }) => length)).toEqual([500, 500]);
    const { length } = database.prepare("SELECT id FROM hallpass_revocations").all();
    expect(length).toBe(1_000);
  });
});

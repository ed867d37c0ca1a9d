import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type SqliteOptions,
  sqliteApiKeys,
  sqliteBlocklist,
  sqliteRefreshStore,
  sqliteSchema,
  sqliteUsers,
} from "../../../src/stores/sqlite.ts";
import { raceApiKeys, raceRevocations } from "../../support/api-key-races.ts";
import { bundleFixture } from "../../support/fixture.ts";
import { begun } from "../../support/sessions.ts";
import { runs } from "../../support/thorough.ts";
import { SQLITES } from "./drivers.ts";

const NOW = Date.UTC(2030, 0, 1);
const at = (ms: number): Date => new Date(NOW + ms);
const [[, openLibsql] = []] = Object.entries(SQLITES);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hallpass-sqlite-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(SQLITES))("%s", (name, open) => {
  const file = () => join(folder, `${name.replace(/\W/g, "")}.db`);
  it("goes on with sessions of a table from before, once the changelog's statement has run", async () => {
    const database = open(":memory:");
    const before = sqliteSchema().replace("  details TEXT NOT NULL DEFAULT '',\n", "");
    expect(before).not.toContain("details");
    database.exec(before);
    database.exec(`INSERT INTO hallpass_sessions (sid, user_id, family, created_at, last_used_at, expires_at, rotation,
      revision) VALUES ('s', 'u', 'f', ${NOW}, ${NOW}, ${NOW + 1_000}, '0;;;;;;', 0)`);
    const changelog = readFileSync(join(import.meta.dirname, "../../../CHANGELOG.md"), "utf8");
    database.exec(/ALTER TABLE hallpass_sessions [^;]*;/.exec(changelog)?.[0] ?? "");
    database.exec(sqliteSchema());
    const store = sqliteRefreshStore({ database });
    const session = await store.findSession("f");
    expect(session).toMatchObject({ sid: "s", details: "" });
    if (session === null) return;
    expect(await store.replaceSession(session, { ...session, details: "{}", revision: 1 })).toBe(true);
    expect((await store.sessions("u", at(1)))[0]?.details).toBe("{}");
    database.close();
  });

  it("replaces once among four processes, round after round", { timeout: 60_000 }, async () => {
    const database = open(file());
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000");
    database.exec(sqliteSchema());
    const store = sqliteRefreshStore({ database });
    const sessions = await Promise.all(Array.from({ length: runs(20, 50) }, () => begun(store)));
    const work = sessions.map(({ family }) => family).join(",");
    const fixture = await bundleFixture(join(import.meta.dirname, "spend.ts"));
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const child = spawn(process.execPath, [fixture, name, file(), work], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        let output = "";
        for await (const chunk of child.stdout) output += chunk;
        return JSON.parse(output) as boolean[];
      }),
    );
    for (const index of sessions.keys()) {
      const came = outcomes.map((of) => of[index]);
      expect(came.filter((isDone) => isDone === true).length, String(came)).toBe(1);
    }
    database.close();
  });

  it.each([
    ["of fifty rotations exactly one is made, and fifty revocations leave nothing", raceApiKeys],
    ["no API key is good for whoever asks after it was revoked", raceRevocations],
  ])("%s, time and again", { timeout: 60_000 }, async (_what, race) => {
    const databases = [1, 2, 3].map(() => open(file()));
    for (const database of databases) database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
    databases[0]?.exec(sqliteSchema());
    await race((index) => sqliteApiKeys({ database: databases[index % 3] as SqliteOptions["database"] }));
    for (const database of databases) database.close();
  });

  it("has every index that its schema names", () => {
    const database = open(":memory:");
    database.exec(sqliteSchema());
    database.exec(sqliteSchema());
    const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").all();
    expect((rows as { name: string }[]).map((row) => row.name).sort()).toEqual([
      "hallpass_api_keys_expires_at",
      "hallpass_api_keys_user_id",
      "hallpass_one_time_tokens_expires_at",
      "hallpass_proofs_expires_at",
      "hallpass_revocations_expires_at",
      "hallpass_sessions_expires_at",
      "hallpass_sessions_user_id",
    ]);
    expect(() => database.exec(sqliteSchema())).not.toThrow();
    database.exec(`ATTACH ':memory:' AS other; ${sqliteSchema({ users: "other.users", sessions: "other.sessions" })}`);
    database.close();
  });
});

describe.each(Object.entries(SQLITES))("the schema of %s", (_name, open) => {
  it("has all its indices, however long and alike the tables' names are", () => {
    const database = open(":memory:");
    database.exec("ATTACH ':memory:' AS other");
    const long = "a".repeat(62);
    for (const schema of ["", "other."]) {
      const name = (end: number): string => schema + long + end;
      const tables = {
        users: name(1),
        sessions: name(2),
        sessionOwners: name(3),
        revocations: name(4),
        oneTimeTokens: name(5),
        apiKeys: name(6),
        proofs: name(7),
      };
      for (const _again of [1, 2]) database.exec(sqliteSchema(tables));
    }
    for (const schema of ["main", "other"]) {
      const sql = `SELECT tbl_name FROM ${schema}.sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1`;
      const tables = (database.prepare(sql).all() as { tbl_name: string }[]).map(({ tbl_name }) => tbl_name);
      expect(tables).toEqual([`${long}2`, `${long}2`, `${long}4`, `${long}5`, `${long}6`, `${long}6`, `${long}7`]);
    }
    database.close();
  });

  it("says so where an index of another table has the name of one of its own", () => {
    const database = open(":memory:");
    database.exec("CREATE TABLE other (a); CREATE INDEX hallpass_sessions_user_id ON other (a)");
    expect(() => database.exec(sqliteSchema())).toThrow(/no such index: hallpass_sessions_user_id/);
    database.close();
  });
});

describe("a SQLite store", () => {
  const MAKERS = { sqliteUsers, sqliteRefreshStore, sqliteBlocklist, sqliteApiKeys };

  it.each(Object.entries(MAKERS))("%s refuses what is no database, and asks nothing when it is made", (_name, make) => {
    for (const database of [null, {}, ":memory:", { prepare: () => ({}) }]) {
      expect(() => make({ database } as never)).toThrow(/database must be one of better-sqlite3/);
    }
    expect(() => make({ database: undefined } as never)).toThrow(/database is undefined/);
    expect(() => make(undefined as never)).toThrow(/takes a plain object with options: database, tables/);
    const empty = openLibsql?.(":memory:");
    expect(() => make({ database: empty as never })).not.toThrow();
    expect(() => make(empty as never)).toThrow(/takes an object with options: give the client as { database }/);
    empty?.close();
  });

  it.each(["", "a b", 'a"; DROP TABLE x; --', null])("takes no %j for a table", (name) => {
    expect(() => sqliteSchema({ sessions: name as string })).toThrow(/tables.sessions must be a name/);
  });

  it("takes nonsense for no answer", async () => {
    const saying = (answer: unknown): SqliteOptions => ({
      database: {
        prepare: (sql) => ({
          all: () => (sql.startsWith("PRAGMA") ? [{ journal_mode: "wal" }] : (answer as unknown[])),
          run: () => undefined,
        }),
        exec: () => undefined,
      },
    });
    const asked = { jti: null, sid: null, userId: "u", issuedAt: at(0) };
    await expect(sqliteUsers(saying(undefined)).findById("x")).rejects.toThrow(/answered without rows/);
    await expect(sqliteRefreshStore(saying([{}])).findSession("x")).rejects.toThrow(/no whole number/);
    for (const answer of [[], [{}], [{ revoked: 2 }], [{ revoked: "no" }], [{ revoked: [1] }]]) {
      await expect(sqliteBlocklist(saying(answer)).isRevoked(asked)).rejects.toThrow(/neither true nor false/);
    }
  });

  it("is an outage where its tables are missing", async () => {
    const database = openLibsql?.(":memory:") as NonNullable<ReturnType<NonNullable<typeof openLibsql>>>;
    await expect(sqliteUsers({ database }).findById("x")).rejects.toThrow(/no such table/);
    database.close();
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type SqliteDatabase,
  sqliteBlocklist,
  sqliteRefreshStore,
  sqliteSchema,
  sqliteUsers,
} from "../../../src/stores/sqlite.ts";
import { SQLITES } from "./drivers.ts";

const LATER = new Date(Date.UTC(2040, 0, 1));
const ASKED = { jti: "t", sid: null, userId: "u1", issuedAt: LATER };

/** A first use of each store: one that reads, one that writes. */
const USES: Readonly<Record<string, (database: SqliteDatabase) => unknown>> = {
  "looking for a user": (database) => sqliteUsers({ database }).findById("u1"),
  "adding a user": (database) => sqliteUsers({ database }).add({ id: "u1", login: "u1", passwordHash: null }),
  "listing sessions": (database) => sqliteRefreshStore({ database }).sessions("u1", LATER),
  "ending sessions": (database) => sqliteRefreshStore({ database }).endSessions("u1", LATER),
  "asking for a revocation": (database) => sqliteBlocklist({ database }).isRevoked(ASKED),
  "revoking a token": (database) => sqliteBlocklist({ database }).revokeToken("t", LATER, "u1"),
};

let folder = "";
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hallpass-sqlite-journal-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

describe.each(Object.entries(SQLITES))("%s", (_name, open) => {
  it.each(Object.entries(USES))("%s works in WAL, in memory and in a temporary file alone", async (_use, use) => {
    for (const [file, mode] of [
      [newFile(), "wal"],
      [":memory:", "memory"],
      ["", "delete"],
      ["", "wal"],
    ] as const) {
      const database = open(file);
      database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = ${mode}; ${sqliteSchema()}`);
      await use(database);
      database.close();
    }
    for (const [file, mode] of [
      [newFile(), "delete"],
      [newFile(), "truncate"],
      [newFile(), "persist"],
      [newFile(), "memory"],
      [newFile(), "off"],
      [":memory:", "off"],
    ] as const) {
      const database = open(file);
      database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = ${mode}; ${sqliteSchema()}`);
      const [said] = database.prepare("PRAGMA journal_mode").all() as { journal_mode: string }[];
      if (said?.journal_mode !== mode) continue; // node:sqlite does not let it be off
      const refusal = new RegExp(`^sqlite\\w+: the database's journal mode is ${mode}: PRAGMA journal_mode = WAL$`);
      for (const _time of [1, 2]) {
        await expect((async () => use(database))(), mode).rejects.toThrow(refusal);
        await expect((async () => use(database))(), mode).rejects.toThrow(TypeError);
      }
      database.close();
    }
  });

  it("looks at the schemas that its tables are in, and works once the mode is right", async () => {
    const database = open(newFile());
    database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; ATTACH '${newFile()}' AS other`);
    const tables = { users: "Other.users" };
    database.exec(sqliteSchema(tables));
    const users = sqliteUsers({ database, tables });
    for (const _time of [1, 2]) await expect(users.findById("u1")).rejects.toThrow(/journal mode is delete/);
    database.exec("PRAGMA other.journal_mode = WAL");
    expect(await users.findById("u1")).toBeNull();
    database.close();
  });
});

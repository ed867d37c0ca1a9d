import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { SpendOutcome, StoredRefreshToken } from "../../src/stores/contract.ts";
import {
  type PostgresOptions,
  postgresBlocklist,
  postgresRefreshStore,
  postgresSchema,
  postgresUsers,
} from "../../src/stores/postgres.ts";
import { openPool, tablesIn } from "./sql-stores.ts";

const NOW = Date.UTC(2030, 0, 1);
const at = (ms: number): Date => new Date(NOW + ms);
const token = () => ({ tokenHash: randomUUID(), expiresAt: at(86_400_000) });

describe.skipIf(inject("postgresUrl") === null)("on a pool of twenty connections", () => {
  let opened: Awaited<ReturnType<typeof openPool>>;
  let store: ReturnType<typeof postgresRefreshStore>;
  beforeAll(async () => {
    opened = await openPool();
    const tables = tablesIn(opened.schema);
    await opened.pool.query(postgresSchema(tables));
    store = postgresRefreshStore({ client: opened.pool, tables });
  });
  afterAll(() => opened.pool.end());

  const begun = async (userId: string = randomUUID()): Promise<StoredRefreshToken> => {
    const first = token();
    await store.startSession({ sid: randomUUID(), userId, createdAt: at(0), lastUsedAt: at(0) }, first);
    return (await store.findToken(first.tokenHash)) as StoredRefreshToken;
  };

  it("of fifty spends exactly one is fresh, forty times over", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 40; round += 1) {
      const stored = await begun();
      const spends = Array.from({ length: 50 }, () => store.spend(stored, token(), at(1), at(round % 2)));
      const outcomes = await Promise.all(spends);
      expect(outcomes.filter((outcome) => outcome === "fresh").length).toBe(1);
      expect(new Set(outcomes)).toEqual(new Set<SpendOutcome>(["fresh", "sibling"]));
    }
  });

  it("sessions that are spent, siblings and all, while they end leave nothing behind", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 150; round += 1) {
      const userId = randomUUID();
      const all = await Promise.all([begun(userId), begun(userId)]);
      const successors = Array.from({ length: 8 }, token);
      const spends = successors.map((next, index) =>
        store.spend(all[index % 2] as StoredRefreshToken, next, at(1), at(0)),
      );
      const ends =
        round % 2 === 0
          ? all.map(({ session }) => store.endSession(session.sid, userId))
          : [store.endSessions(userId), store.endSessions(userId)];
      const cleaning = round % 10 === 0 ? store.deleteExpired(at(-1)) : 0;
      await Promise.all([...spends, ...ends, cleaning]);
      for (const { tokenHash } of [...all, ...successors]) expect(await store.findToken(tokenHash)).toBeNull();
      expect(await store.sessions(userId, at(0))).toEqual([]);
    }
    const { rows } = await opened.pool.query(
      `SELECT count(*)::int AS left FROM ${opened.schema}.refresh_tokens t
       WHERE NOT EXISTS (SELECT 1 FROM ${opened.schema}.sessions s WHERE s.sid = t.sid)`,
    );
    expect(rows).toEqual([{ left: 0 }]);
  });

  it("a large clean-up goes in batches", { timeout: 60_000 }, async () => {
    const blocklist = postgresBlocklist({ client: opened.pool, tables: tablesIn(opened.schema) });
    await opened.pool.query(
      `INSERT INTO ${opened.schema}.revocations (kind, id, user_id, expires_at)
       SELECT 'token', n::text, 'u', 'epoch' FROM generate_series(1, 12000) n`,
    );
    await opened.pool.query(
      `INSERT INTO ${opened.schema}.sessions SELECT 'old' || n, 'u', 'epoch', 'epoch', 'epoch' FROM generate_series(1, 5001) n`,
    );
    expect(await blocklist.deleteExpired(at(0))).toBe(12_000);
    expect(await store.deleteExpired(at(0))).toBe(5_001);
  });

  it("the schema can be applied again, and to tables of any schema", async () => {
    await opened.pool.query(postgresSchema(tablesIn(opened.schema)));
    const { rows } = await opened.pool.query("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", [
      opened.schema,
    ]);
    expect(rows.map(({ tablename }) => tablename)).toEqual(["refresh_tokens", "revocations", "sessions", "users"]);
  });
});

describe("PGlite in a folder", () => {
  it("still has it all when it is opened again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hallpass-pglite-"));
    try {
      const before = new PGlite(folder);
      await before.exec(postgresSchema());
      await postgresUsers({ client: before }).add({ id: "user-1", login: "reader", passwordHash: "hash" });
      await postgresBlocklist({ client: before }).revokeToken("token-1", at(0), "user-1");
      await before.close();
      const after = new PGlite(folder);
      expect((await postgresUsers({ client: after }).findCredentials("reader"))?.passwordHash).toBe("hash");
      const asked = { jti: "token-1", sid: null, userId: "user-1", issuedAt: at(0) };
      expect(await postgresBlocklist({ client: after }).isRevoked(asked)).toBe(true);
      await after.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a Postgres store", () => {
  const MAKERS = { postgresUsers, postgresRefreshStore, postgresBlocklist };
  const silent = { query: async () => ({ rows: [] }) };

  it.each(Object.entries(MAKERS))("%s refuses what is no client, and asks nothing when it is made", (_name, make) => {
    for (const client of [undefined, null, {}, "postgres://", () => {}]) {
      expect(() => make({ client } as PostgresOptions)).toThrow(/client must have a query method/);
    }
    expect(() => make(undefined as never)).toThrow(/client must have a query method/);
    let asked = 0;
    make({
      client: {
        query: async () => {
          asked += 1;
          return { rows: [] };
        },
      },
    });
    expect(asked).toBe(0);
  });

  it.each(["", "a b", 'a"; DROP TABLE x; --', "a.b.c", "1a", ".a", "a.", 1, null])(
    "takes no %j for a table",
    (name) => {
      const tables = { users: name as string };
      expect(() => postgresUsers({ client: silent, tables })).toThrow(/tables.users must be a name/);
      expect(() => postgresSchema(tables)).toThrow(/tables.users must be a name/);
    },
  );

  it("knows no other tables", () => {
    expect(() => postgresUsers({ client: silent, tables: { user: "x" } as object })).toThrow(
      /there is no table "user"/,
    );
  });

  it.each([undefined, null, {}, { rows: null }, { rows: "x" }])("takes %j for no answer", async (answer) => {
    const client = { query: async () => answer as never };
    await expect(postgresUsers({ client }).findById("x")).rejects.toThrow(/the client answered without rows/);
  });

  it("takes rows of nonsense for no answer", async () => {
    const client = { query: async () => ({ rows: [{}] }) };
    await expect(postgresRefreshStore({ client }).findToken("x")).rejects.toThrow(/no instant where one is stored/);
    await expect(postgresRefreshStore({ client }).sessions("x", at(0))).rejects.toThrow(/no instant/);
    expect(
      typeof (await postgresBlocklist({ client }).isRevoked({ jti: null, sid: null, userId: "u", issuedAt: at(0) })),
    ).not.toBe("boolean");
  });

  it("hands on what the client throws", async () => {
    const client = { query: () => Promise.reject(new Error("down")) };
    await expect(postgresUsers({ client }).findById("x")).rejects.toThrow("down");
    await expect(postgresBlocklist({ client }).revokeToken("t", at(0), "u")).rejects.toThrow("down");
  });
});

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type PostgresOptions,
  postgresApiKeys,
  postgresBlocklist,
  postgresRefreshStore,
  postgresSchema,
  postgresUsers,
} from "../../../src/stores/postgres.ts";
import { newApiKey, raceApiKeys, raceRevocations } from "../../support/api-key-races.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { begun, newSession, nextOf } from "../../support/sessions.ts";
import { runs } from "../../support/thorough.ts";
import { CONNECTIONS, type OpenedTables, tablesIn, useTables } from "../postgres/databases.ts";

const NOW = Date.UTC(2030, 0, 1);
const at = (ms: number): Date => new Date(NOW + ms);
/** How many sessions are replaced in races. */
const REPLACED = runs(2, 40);

/** How many deletions of API keys in a schema wait for a lock. */
async function countWaiting({ pool, schema }: OpenedTables): Promise<number> {
  const sql = `SELECT count(*)::int AS waiting FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND starts_with(query, $1)`;
  return (await pool.query(sql, [`DELETE FROM "${schema}"."api_keys"`])).rows[0].waiting;
}

describe.skipIf(postgresUrl === null)(`on a pool of ${CONNECTIONS} connections`, () => {
  const opened = useTables();
  let store: ReturnType<typeof postgresRefreshStore>;
  beforeAll(() => {
    store = postgresRefreshStore({ client: opened.pool, tables: opened.tables });
  });

  const deleteAll = async (userId: string): Promise<void> => {
    const ended = await store.endSessions(userId, at(1));
    await store.deleteSessions(
      userId,
      ended.map(({ sid }) => sid),
    );
  };

  it("of fifty replacements exactly one is made, time and again", { timeout: 60_000 }, async () => {
    for (let round = 0; round < REPLACED; round += 1) {
      const session = await begun(store);
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => store.replaceSession(session, nextOf(session))),
      );
      expect(answers.filter((answer) => answer).length).toBe(1);
    }
  });

  it("API keys that are added at once find each a place, as long as there is one", async () => {
    const keys = postgresApiKeys({ client: opened.pool, tables: opened.tables });
    for (let round = 0; round < 3; round += 1) {
      const userId = randomUUID();
      const all = Array.from({ length: 10 }, () => newApiKey({ userId }));
      expect(await Promise.all(all.map((key) => keys.insert(key, 10)))).toEqual(Array(10).fill(true));
    }
  });

  it("sessions that begin and are replaced while all end leave nothing behind", { timeout: 60_000 }, async () => {
    for (let round = 0; round < runs(10, 100); round += 1) {
      const userId = randomUUID();
      const all = await Promise.all([begun(store, { userId }), begun(store, { userId })]);
      const late = [newSession({ userId }), newSession({ userId })];
      const work = [
        ...all.map((session) => store.replaceSession(session, nextOf(session))),
        ...late.map((session) => store.startSession(session, 0, 100)),
        store.endSessions(userId, at(1)),
        store.endSessions(userId, at(1)),
        round % 10 === 0 ? store.deleteExpired(at(-1)) : 0,
      ];
      await Promise.all(work);
      for (const { family } of all) expect((await store.findSession(family))?.ended).toBe("logout");
      for (const { family } of late) expect((await store.findSession(family))?.ended ?? "logout").toBe("logout");
      expect(await store.sessions(userId, at(0))).toEqual([]);
      await deleteAll(userId);
    }
    const { rows } = await opened.pool.query(`SELECT count(*)::int AS left FROM ${opened.schema}.sessions`);
    expect(rows[0].left).toBe(REPLACED);
  });

  it("a user never has more sessions than the limit, however many begin at once", { timeout: 60_000 }, async () => {
    const userId = randomUUID();
    const starts = Array.from({ length: 60 }, (_, ms) =>
      store.startSession(newSession({ userId, createdAt: at(ms) }), 0, 10),
    );
    const deleted = (await Promise.all(starts)).flat();
    const living = await store.sessions(userId, at(0));
    expect(living.length).toBeGreaterThan(0);
    expect(living.length).toBeLessThanOrEqual(10);
    expect(new Set(deleted).size).toBe(60 - living.length);
    await deleteAll(userId);
  });

  it(
    "of fifty rotations exactly one is made, and fifty revocations leave nothing, time and again",
    {
      timeout: 60_000,
    },
    () => raceApiKeys(() => postgresApiKeys({ client: opened.pool, tables: opened.tables })),
  );

  it("no API key is good for whoever asks after it was revoked, time and again", { timeout: 60_000 }, () =>
    raceRevocations(() => postgresApiKeys({ client: opened.pool, tables: opened.tables })),
  );

  it("API keys that take others' places are gone, once all are revoked that were waited for", async () => {
    const { tables } = opened;
    const keys = postgresApiKeys({ client: opened.pool, tables });
    const old = newApiKey();
    const next = newApiKey({ userId: old.userId });
    await keys.insert(old, 9);
    const connection = await opened.pool.connect();
    await connection.query("BEGIN");
    expect(await postgresApiKeys({ client: connection, tables }).replace(old.id, at(1), next)).toBe(true);
    const revocation = keys.revokeAll(old.userId);
    await expect.poll(() => countWaiting(opened), { timeout: 10_000 }).toBe(1);
    await connection.query("COMMIT");
    connection.release();
    await revocation;
    expect(await keys.find(next.digest)).toBeNull();
    expect(await keys.list(old.userId)).toEqual([]);
  });

  it("a large clean-up goes in batches", { timeout: 60_000 }, async () => {
    const blocklist = postgresBlocklist({ client: opened.pool, tables: opened.tables });
    await opened.pool.query(
      `INSERT INTO ${opened.schema}.revocations (kind, id, user_id, expires_at)
       SELECT 'token', n::text, 'u', 'epoch' FROM generate_series(1, 12000) n`,
    );
    await opened.pool.query(
      `INSERT INTO ${opened.schema}.sessions (sid, user_id, family, created_at, last_used_at, expires_at, expires_on,
         rotation, revision, endings)
       SELECT 'old' || n, 'u', n, 'epoch', 'epoch', 'epoch', 'epoch', '', 0, 0 FROM generate_series(1, 5001) n`,
    );
    expect(await blocklist.deleteExpired(at(0))).toBe(12_000);
    expect(await store.deleteExpired(at(0))).toBe(5_001);
  });

  it("has every index and constraint that its schema names, whatever the tables are called", async () => {
    const long = "a".repeat(62);
    const made: Record<string, string>[] = [];
    for (const schema of [`x${opened.schema}`, `y${opened.schema}${"z".repeat(30)}`]) {
      await opened.pool.query(`CREATE SCHEMA ${schema}`);
      for (const of of ["s", "t"]) {
        const name = (end: number): string => `${schema}.${of}${long.slice(1)}${end}`;
        made.push({
          users: name(1),
          sessions: name(2),
          sessionOwners: name(3),
          revocations: name(4),
          oneTimeTokens: name(5),
          apiKeys: name(6),
          proofs: name(7),
        });
      }
      const clashing = {
        users: "a_user_id",
        sessions: "a",
        sessionOwners: "a_expires_on_idx",
        revocations: "b_txid_kind_id_idx",
        oneTimeTokens: "a_expires_at_idx",
        apiKeys: "a_user_id_slot_key",
        proofs: "p",
      };
      made.push(Object.fromEntries(Object.entries(clashing).map(([name, table]) => [name, `${schema}.${table}`])));
      await opened.pool.query(
        `CREATE TABLE ${schema}.taken (id int); CREATE INDEX a_user_id_idx ON ${schema}.taken (id)`,
      );
    }
    for (const tables of [...made, ...made]) await opened.pool.query(postgresSchema(tables));
    for (const tables of made) {
      const indices = async (table: string | undefined): Promise<unknown> => {
        const sql = `SELECT regexp_replace(pg_get_indexdef(indexrelid), '.*USING btree ', '') AS columns, indisunique AS is_unique
          FROM pg_index WHERE indrelid = $1::regclass ORDER BY 1`;
        return (await opened.pool.query(sql, [table])).rows.map(
          ({ columns, is_unique }) => columns + (is_unique ? " unique" : ""),
        );
      };
      expect(await indices(tables.users)).toEqual(["(id) unique", "(login) unique"]);
      expect(await indices(tables.oneTimeTokens)).toEqual([
        "(digest) unique",
        "(expires_at)",
        "(purpose, user_id) unique",
      ]);
      expect(await indices(tables.sessionOwners)).toEqual(["(user_id) unique"]);
      expect(await indices(tables.sessions)).toEqual(["(expires_on)", "(family) unique", "(sid) unique", "(user_id)"]);
      expect(await indices(tables.revocations)).toEqual(["(expires_at)", "(kind, id) unique", "(txid, kind, id)"]);
      expect(await indices(tables.apiKeys)).toEqual([
        "(digest) unique",
        "(expires_at)",
        "(id) unique",
        "(user_id, slot) unique",
      ]);
    }
  });

  it("says so where a table's name is that of something else", async () => {
    const schema = `w${opened.schema}`;
    await opened.pool.query(`CREATE SCHEMA ${schema}; CREATE VIEW ${schema}.v AS SELECT 1`);
    const tables = {
      users: `${schema}.u`,
      sessionOwners: `${schema}.u_pkey`,
      revocations: `${schema}.r`,
      sessions: `${schema}.s`,
    };
    for (const given of [tables, { ...tables, sessionOwners: `${schema}.v` }]) {
      await expect(opened.pool.query(postgresSchema(given))).rejects.toThrow(/is there already, and is no table/);
    }
  });

  it("makes each index once, however many run the schema at once", async () => {
    const { tables } = opened;
    await opened.pool.query(`DROP INDEX ${opened.schema}.sessions_user_id_idx`);
    await Promise.all(Array.from({ length: 10 }, () => opened.pool.query(postgresSchema(tables))));
    const sql = "SELECT count(*)::int AS count FROM pg_indexes WHERE schemaname = $1 AND tablename = 'sessions'";
    expect((await opened.pool.query(sql, [opened.schema])).rows).toEqual([{ count: 4 }]);
  });

  it("the schema can be applied again, and to tables of any schema", async () => {
    await opened.pool.query(postgresSchema(tablesIn(opened.schema)));
    const { rows } = await opened.pool.query("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", [
      opened.schema,
    ]);
    expect(rows.map(({ tablename }) => tablename)).toEqual([
      "api_keys",
      "one_time_tokens",
      "proofs",
      "revocations",
      "session_owners",
      "sessions",
      "status_lists",
      "status_pages",
      "users",
    ]);
  });
});

describe("a Postgres store", () => {
  const MAKERS = { postgresUsers, postgresRefreshStore, postgresBlocklist, postgresApiKeys };
  const silent = { query: async () => ({ rows: [] }) };

  it.each(Object.entries(MAKERS))("%s refuses what is no client, and asks nothing when it is made", (_name, make) => {
    for (const client of [null, {}, "postgres://", () => {}]) {
      expect(() => make({ client } as PostgresOptions)).toThrow(/client must have a query method/);
    }
    expect(() => make({} as PostgresOptions)).toThrow(/client must have a query method/);
    expect(() => make({ client: undefined } as never)).toThrow(/client is undefined/);
    expect(() => make(undefined as never)).toThrow(/takes a plain object with options: client, tables/);
    expect(() => make({ query: async () => ({ rows: [] }) } as never)).toThrow(
      /takes an object with options: give the client as { client }/,
    );
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
      /tables: there is no option "user"/,
    );
  });

  it.each([{ users: "x", sessions: "x" }, { users: "a.x", revocations: "A.X" }, { users: "hallpass_sessions" }])(
    "takes no two tables of one name: %j",
    (tables) => {
      expect(() => postgresUsers({ client: silent, tables })).toThrow(/tables must be of different names/);
      expect(() => postgresSchema(tables)).toThrow(/tables must be of different names/);
    },
  );

  it.each([undefined, null, {}, { rows: null }, { rows: "x" }])("takes %j for no answer", async (answer) => {
    const client = { query: async () => answer as never };
    await expect(postgresUsers({ client }).findById("x")).rejects.toThrow(/the client answered without rows/);
  });

  it("takes rows of nonsense for no answer", async () => {
    const client = { query: async () => ({ rows: [{}] }) };
    await expect(postgresRefreshStore({ client }).findSession("x")).rejects.toThrow(
      /no whole number where one is stored/,
    );
    await expect(postgresRefreshStore({ client }).sessions("x", at(0))).rejects.toThrow(/no whole number/);
    for (const revoked of [undefined, null, 2, "yes", [true]]) {
      const saying = { query: async () => ({ rows: [{ revoked }] }) };
      const asked = { jti: null, sid: null, userId: "u", issuedAt: at(0) };
      await expect(postgresBlocklist({ client: saying }).isRevoked(asked)).rejects.toThrow(/neither true nor false/);
    }
  });

  it("hands on what the client throws", async () => {
    const client = { query: () => Promise.reject(new Error("down")) };
    await expect(postgresUsers({ client }).findById("x")).rejects.toThrow("down");
    await expect(postgresBlocklist({ client }).revokeToken("t", at(0), "u")).rejects.toThrow("down");
  });
});

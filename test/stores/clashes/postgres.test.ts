import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { bindClient, POSTGRES_OPTIONS } from "../../../src/stores/postgres/client.ts";
import {
  type PostgresClient,
  postgresBlocklist,
  postgresRefreshStore,
  postgresUsers,
} from "../../../src/stores/postgres.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { begun, nextOf } from "../../support/sessions.ts";
import { runs } from "../../support/thorough.ts";
import { CONNECTIONS, useTables } from "../postgres/databases.ts";

const at = (ms: number): Date => new Date(Date.UTC(2030, 0, 1) + ms);
const code = (of: string): Error => Object.assign(new Error(of), { code: of });

describe.skipIf(postgresUrl === null).concurrent("on a Postgres", () => {
  const opened = useTables();
  /** Users whose statements fail, since their table is not there. */
  const lacking = (client: PostgresClient) => postgresUsers({ client, tables: { ...opened.tables, users: "lacking" } });

  it.each(["serializable", "repeatable read"])(
    "whose transactions are %s, concurrent writers all come through",
    {
      timeout: 60_000,
    },
    async (isolation) => {
      const pool = new pg.Pool({
        connectionString: postgresUrl as string,
        max: CONNECTIONS,
        options: `-c default_transaction_isolation=${isolation.replace(" ", "\\ ")}`,
      });
      let clashes = 0;
      const client: PostgresClient = {
        query: (sql, parameters) =>
          pool.query(sql, parameters).catch((error: { code?: string }) => {
            clashes += Number(error.code === "40001");
            throw error;
          }),
      };
      const store = postgresRefreshStore({ client, tables: opened.tables });
      const blocklist = postgresBlocklist({ client, tables: opened.tables });
      for (let round = 0; round < runs(2, 5); round += 1) {
        const session = await begun(store, { userId: `${isolation}-${round}` });
        const replacements = Array.from({ length: 10 }, () => store.replaceSession(session, nextOf(session)));
        const cuts = Array.from({ length: 10 }, (_, index) => blocklist.revokeUser(isolation, at(index), at(99_999)));
        const starts = Array.from({ length: 10 }, () => begun(store, { userId: session.userId }));
        const answers = await Promise.all(replacements);
        await Promise.all([...cuts, ...starts]);
        expect(answers.filter((answer) => answer).length).toBe(1);
        expect((await store.sessions(session.userId, at(0))).length).toBe(11);
      }
      expect(clashes).toBeGreaterThan(0);
      const asked = { jti: null, sid: null, userId: isolation, issuedAt: at(9) };
      expect(await blocklist.isRevoked(asked)).toBe(true);
      await pool.end();
    },
  );

  it("a statement that failed leaves its connection as it was", async () => {
    const pool = new pg.Pool({
      connectionString: postgresUrl as string,
      max: 1,
      application_name: opened.schema,
    });
    const users = postgresUsers({ client: pool, tables: opened.tables });
    await expect(lacking(pool).findById("u1")).rejects.toThrow(/does not exist/);
    await users.add({ id: "u1", login: "u1", passwordHash: null });
    const { rows } = await opened.pool.query("SELECT state FROM pg_stat_activity WHERE application_name = $1", [
      opened.schema,
    ]);
    expect(rows).toEqual([{ state: "idle" }]);
    expect(await postgresUsers({ client: opened.pool, tables: opened.tables }).findById("u1")).not.toBeNull();
    await pool.end();
  });

  it("within an application's own transaction that has failed, nothing is done and nothing is said to be", async () => {
    const client = await opened.pool.connect();
    const [users, blocklist] = [
      postgresUsers({ client, tables: opened.tables }),
      postgresBlocklist({ client, tables: opened.tables }),
    ];
    await client.query("BEGIN");
    await users.add({ id: "u2", login: "u2", passwordHash: null });
    await expect(lacking(client).findById("u2")).rejects.toThrow(/does not exist/);
    await expect(users.findById("u2")).rejects.toThrow(/aborted/);
    await expect(blocklist.revokeToken("t2", at(0), "u2")).rejects.toThrow(/aborted/);
    await client.query("COMMIT");
    expect(await users.findById("u2")).toBeNull();
    client.release();
  });

  it("deletes what ended first, once for all nodes, and leaves what is locked for the next time", async () => {
    await opened.pool.query(
      `INSERT INTO ${opened.tables.revocations} (kind, id, user_id, expires_at)
       SELECT 'token', 'old-' || n, 'u', to_timestamp(n) FROM generate_series(2500, 1, -1) n`,
    );
    const batches: number[] = [];
    const counting: PostgresClient = {
      async query(sql, parameters) {
        const answer = await opened.pool.query(sql, parameters);
        batches.push(answer.rows.length);
        const { rows } = await opened.pool.query(
          `SELECT min(extract(epoch FROM expires_at))::int AS first FROM ${opened.tables.revocations} WHERE id LIKE 'old-%'`,
        );
        batches.push(rows[0].first);
        return answer;
      },
    };
    const holder = await opened.pool.connect();
    await holder.query("BEGIN");
    await holder.query(`SELECT 1 FROM ${opened.tables.revocations} WHERE id = 'old-2400' FOR UPDATE`);
    expect(
      await postgresBlocklist({ client: counting, tables: opened.tables }).deleteExpired(new Date(2_500_000)),
    ).toBe(2_499);
    expect(batches).toEqual([1_000, 1_001, 1_000, 2_001, 499, 2_400]);
    const blocklist = postgresBlocklist({ client: opened.pool, tables: opened.tables });
    await holder.query("ROLLBACK; BEGIN");
    expect(await postgresBlocklist({ client: holder, tables: opened.tables }).deleteExpired(new Date(0))).toBe(0); // and has the turn
    expect(await blocklist.deleteExpired(new Date(2_500_000))).toBe(0);
    await holder.query("COMMIT");
    holder.release();
    expect(await blocklist.deleteExpired(new Date(2_500_000))).toBe(1);
  });
});

describe("a statement that the server gave up", () => {
  const failing = (...codes: string[]) => {
    const left = [...codes];
    const asked: number[] = [];
    const client: PostgresClient = {
      async query() {
        asked.push(performance.now());
        const next = left.shift();
        if (next !== undefined) throw code(next);
        return { rows: [{ done: true }] };
      },
    };
    return { run: bindClient("test", { client }, POSTGRES_OPTIONS).query, asked };
  };

  it("is run again", async () => {
    const { run, asked } = failing("40001", "40P01", "40001");
    expect(await run("SELECT 1")).toEqual([{ done: true }]);
    expect(asked.length).toBe(4);
  });

  it("is not run again for other reasons, nor for ever", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const other = failing("23505");
    await expect(other.run("SELECT 1")).rejects.toThrow("23505");
    expect(other.asked.length).toBe(1);
    const clashing = failing(...Array.from({ length: 10_000 }, () => "40001"));
    const refused = expect(clashing.run("SELECT 1")).rejects.toThrow("40001");
    await vi.runAllTimersAsync();
    await refused;
    const [first, last] = [clashing.asked[0], clashing.asked.at(-1)] as [number, number];
    expect(clashing.asked.length).toBeGreaterThan(5);
    expect(last - first).toBeLessThan(2_500);
  });

  it("is told by Bun.SQL in a way of its own", async () => {
    const clash = Object.assign(new Error(), { code: "ERR_POSTGRES_SERVER_ERROR", errno: "40001" });
    const query = vi.fn().mockRejectedValueOnce(clash).mockResolvedValue({ rows: [] });
    expect(await bindClient("test", { client: { query } }, POSTGRES_OPTIONS).query("SELECT 1")).toEqual([]);
    expect(query).toHaveBeenCalledTimes(2);
  });

  it("fails with its own reason within a transaction of the application's own", async () => {
    const { run } = failing("40001", "25P02");
    await expect(run("SELECT 1")).rejects.toThrow("40001");
    await expect(failing("25P02").run("SELECT 1")).rejects.toThrow("25P02");
    const client = { query: () => Promise.reject(null) };
    await expect(bindClient("test", { client }, POSTGRES_OPTIONS).query("SELECT 1")).rejects.toBeNull();
  });
});

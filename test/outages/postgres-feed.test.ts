import pg from "pg";
import { describe, expect, it } from "vitest";
import { postgresBlocklist, postgresSchema } from "../../src/stores/postgres.ts";
import { feedOf, followed, idsOf, later, passing } from "../stores/feeds/reading.ts";
import { openTables } from "../stores/postgres/databases.ts";
import { startPostgres } from "../support/servers/postgres.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { startStandby } from "../support/servers/standby.ts";

describe.skipIf(postgresUrl === null).concurrent("a feed of Postgres", () => {
  it("reads another server anew, and one that was started again", { timeout: 90_000 }, async () => {
    const server = await startPostgres();
    let pool = new pg.Pool({ connectionString: server.url, max: 2 });
    const client = { query: (sql: string, parameters: unknown[]) => pool.query(sql, parameters) };
    await pool.query(postgresSchema());
    const list = postgresBlocklist({ client, feed: { client } });
    const feed = feedOf(list);
    await list.revokeToken("t1", later(), "u");
    const first = await feed.read(null, 0);
    const { tables, ...another } = await openTables();
    const others = postgresBlocklist({ client: another.pool, tables, feed: { client: another.pool } });
    const elsewhere = feedOf(others);
    await others.revokeToken("elsewhere", later(), "u");
    expect((await elsewhere.read(first.cursor, 0)).revocations).toEqual((await elsewhere.read(null, 0)).revocations);
    expect(idsOf(await feed.read((await elsewhere.read(null, 0)).cursor, 0))).toEqual(["t1"]);
    expect(idsOf(await feed.read(first.cursor.replace(/(\d+):(\d+):/, "9$1:9$2:"), 0)), "further on").toEqual(["t1"]);
    pool.on("error", () => undefined);
    await server.kill();
    await pool.end();
    await server.restart();
    pool = new pg.Pool({ connectionString: server.url, max: 2 });
    expect(idsOf(await feed.read(first.cursor, 0))).toEqual(["t1"]);
    await Promise.all([pool.end(), another.pool.end()]);
    await server.stop();
  });

  it("reads a standby, and reads it anew once it is promoted behind its primary", { timeout: 120_000 }, async () => {
    const primary = await startPostgres();
    const admin = new pg.Pool({ connectionString: primary.url, max: 3 });
    await admin.query(postgresSchema());
    const list = postgresBlocklist({ client: admin });
    const standby = await startStandby(primary, admin);
    const follower = new pg.Pool({ connectionString: standby.url, max: 2 });
    const replayed = async (): Promise<void> => {
      const { rows } = await admin.query("SELECT pg_current_wal_insert_lsn()::text AS lsn");
      for (;;) {
        const sql = "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done";
        if ((await follower.query(sql, [rows[0].lsn])).rows[0].done === true) return;
        await passing(20);
      }
    };
    const open = await admin.connect();
    await open.query("BEGIN");
    await postgresBlocklist({ client: open }).revokeToken("open", later(), "u");
    await list.revokeToken("t1", later(), "u");
    await replayed();
    const feed = followed({ client: follower, feed: { client: follower } });
    const before = await feed.read(null, 0);
    expect(idsOf(before)).toEqual(["t1"]);
    await open.query("COMMIT");
    open.release();
    await replayed();
    const after = await feed.read(before.cursor, 0);
    expect(idsOf(after)).toContain("open");

    await follower.query("ALTER SYSTEM SET primary_conninfo = ''");
    await follower.query("SELECT pg_reload_conf()");
    while ((await follower.query("SELECT 1 FROM pg_stat_wal_receiver")).rows.length > 0) await passing(20);
    for (let nth = 0; nth < 50; nth += 1) await list.revokeToken(`lost${nth}`, later(), "u");
    const { cursor } = await followed({ client: admin, feed: { client: admin } }).read(null, 0);
    const lagging = followed({ client: admin, feed: { client: follower } }).read(null, 0);
    await expect(lagging).rejects.toThrow(/does not read what client writes; .* the primary/);
    await follower.query("SELECT pg_promote()");
    expect(idsOf(await feed.read(after.cursor, 0)).sort()).toEqual(["open", "t1"]);
    await postgresBlocklist({ client: follower }).revokeToken("new", later(), "u");
    expect(idsOf(await feed.read(cursor, 0)).sort()).toEqual(["new", "open", "t1"]);
    await follower.end();
    await standby.stop();
    await admin.end();
    await primary.stop();
  });
});

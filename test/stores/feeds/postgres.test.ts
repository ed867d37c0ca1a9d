import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import type { Revocation, RevocationPage } from "../../../src/stores/contract.ts";
import { type PostgresBlocklistOptions, postgresBlocklist, postgresSchema } from "../../../src/stores/postgres.ts";
import { replicatedBlocklist } from "../../../src/stores/replicated.ts";
import { blocklistContract } from "../../../src/testing.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { useTables } from "../postgres/databases.ts";
import { allOf, feedOf, followed, idsOf, later, passing, reference, setRightAfterStart } from "./reading.ts";

describe.skipIf(postgresUrl === null)("a feed of Postgres", () => {
  const opened = useTables();
  let options: Required<Pick<PostgresBlocklistOptions, "client" | "tables" | "feed">>;
  beforeAll(() => {
    options = { client: opened.pool, tables: opened.tables, feed: { client: opened.pool } };
  });

  /** A table of its own, so that what a test reads is what it wrote. */
  const apart = async (pool: pg.Pool = opened.pool) => {
    const tables = { revocations: `public.apart_${process.hrtime.bigint()}` };
    await pool.query(postgresSchema(tables));
    const list = postgresBlocklist({ client: pool, tables, feed: { client: pool } });
    return { table: tables.revocations, tables, list, feed: feedOf(list) };
  };
  const fill = async (
    client: pg.Pool | pg.PoolClient,
    table: string,
    kind: string,
    count: number,
    txid = "DEFAULT",
  ) => {
    const own = txid === "DEFAULT" ? "pg_current_xact_id()" : `'${txid}'::xid8`;
    await client.query(
      `INSERT INTO ${table} (kind, id, user_id, expires_at, txid)
       SELECT 'token', '${kind}-' || lpad(n::text, 6, '0'), 'u', now() + interval '1 hour', ${own} FROM generate_series(1, ${count}) n`,
    );
  };

  it("keeps the contract of blocklists", { timeout: 60_000 }, async () => {
    const list = replicatedBlocklist({ store: postgresBlocklist(options), maxStalenessMs: 200 });
    await list.start();
    await Promise.all(blocklistContract(() => list).map(({ run }) => run()));
    list.stop();
  });

  it("leaves out no revocation that was stored before a later one, and became visible after it", async () => {
    const feed = followed(options);
    const ids = (revocations: readonly Revocation[]): string[] => revocations.map(({ id }) => id);
    const slow = await opened.pool.connect();
    await slow.query("BEGIN");
    await postgresBlocklist({ ...options, client: slow }).revokeToken("slow", later(), "u");
    await postgresBlocklist(options).revokeToken("quick", later(), "u");
    const before = await feed.read(null, 1);
    expect(ids(before.revocations)).toContain("quick");
    expect(ids(before.revocations)).not.toContain("slow");
    await slow.query("COMMIT");
    slow.release();
    const after = await feed.read(before.cursor, 1);
    expect(ids(after.revocations)).toContain("slow");
    expect((await feed.read(after.cursor, 1)).revocations).toEqual([]);
    await postgresBlocklist(options).revokeToken("slow", later(), "u");
    expect(ids((await feed.read(after.cursor, 1)).revocations)).toEqual(["slow"]);
  });

  it("is read again from the beginning by a copy whose clock was ahead when it was loaded", async () => {
    const { list } = await apart();
    await list.revokeToken("t", new Date(Date.now() + 900_000), "user-1");
    const answers = await setRightAfterStart(list, reference("t"));
    expect(answers.filter(([isRevoked]) => !isRevoked)).toEqual([]);
    expect([answers[0], answers.at(-1)]).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  it("is woken when there is something, also before it waits, and looks by itself when nobody wakes it", async () => {
    const listener = new pg.Client({ connectionString: postgresUrl as string });
    await listener.connect();
    let calls = 0;
    const listen = async (channel: string, wake: () => void): Promise<void> => {
      listener.on("notification", () => {
        calls += 1;
        wake();
      });
      await listener.query(`LISTEN ${channel}`);
    };
    const list = postgresBlocklist({ ...options, channel: "another_channel", feed: { ...options.feed, listen } });
    const feed = feedOf(list);
    const { cursor } = await feed.read(null, 1);
    const reading = feed.read(cursor, 60_000);
    await list.revokeSession("woken", later(), "u");
    const woken = await reading;
    expect(idsOf(woken)).toEqual(["woken"]);
    await postgresBlocklist(options).revokeSession("unheard", later(), "u");
    await list.revokeSession("before", later(), "u");
    while (calls < 2) await passing(5);
    expect(idsOf(await feed.read(woken.cursor, 60_000))).toContain("before");
    expect(calls, "by its own channel alone").toBe(2);
    await listener.end();
    expect((await followed(options).read("0", 20)).revocations.length).toBeGreaterThan(1);
  });

  it("may be woken before it ever waits", async () => {
    const feed = followed({ ...options, feed: { ...options.feed, listen: (_channel, wake) => wake() } });
    expect((await feed.read("0", 60_000)).revocations.length).toBeGreaterThan(0);
  });

  it("listens on the channel that it is told once, and says so where it can't", async () => {
    const heard: string[] = [];
    const listen = async (channel: string): Promise<void> => {
      heard.push(channel);
      if (heard.length === 1) throw new Error("no LISTEN here");
    };
    const feed = followed({ ...options, feed: { ...options.feed, listen } });
    expect(heard).toEqual([]);
    await expect(feed.read(null, 0)).rejects.toThrow("no LISTEN here");
    for (let nth = 0; nth < 3; nth += 1) await feed.read(null, 0);
    expect(heard).toEqual(["hallpass_revocations", "hallpass_revocations"]);
  });

  it("says so where it reads another table, or another database, than is written to", async () => {
    const apart = new pg.Pool({ connectionString: postgresUrl as string, max: 1 });
    const name = `apart_${process.hrtime.bigint()}`;
    await apart.query(`CREATE DATABASE ${name}`);
    const url = new URL(postgresUrl as string);
    url.pathname = name;
    const elsewhere = new pg.Pool({ connectionString: url.href, max: 1 });
    await elsewhere.query(postgresSchema());
    await apart.query(postgresSchema());
    const reading = followed({ client: apart, feed: { client: elsewhere } }).read(null, 0);
    await expect(reading).rejects.toThrow(/feed.client does not read what client writes/);
    const path = new pg.Pool({
      connectionString: postgresUrl as string,
      max: 1,
      options: `-c search_path=${name}`,
    });
    await path.query(`CREATE SCHEMA ${name}`);
    await path.query(postgresSchema());
    const other = followed({ client: apart, feed: { client: path } }).read(null, 0);
    await expect(other).rejects.toThrow(/connect both to one database of one server/);
    await elsewhere.end();
    await apart.query(`DROP DATABASE ${name}`);
    await Promise.all([apart.end(), path.end()]);
  });

  it("reads page by page, of one transaction or many, and then what is new", async () => {
    const { table, list, feed } = await apart();
    await fill(opened.pool, table, "t", 4_500);
    const pages = await allOf(feed, null);
    expect(pages.map(({ revocations }) => revocations.length)).toEqual([2_000, 2_000, 500, 0]);
    expect(new Set(idsOf(...pages)).size).toBe(4_500);
    const { cursor } = pages.at(-1) as RevocationPage;
    await fill(opened.pool, table, "more", 2_000);
    await list.revokeUser("u \n", new Date(), later(), ["s1", "s2", "s1"]);
    const more = await allOf(feed, cursor);
    expect(more.map(({ revocations }) => revocations.length)).toEqual([2_000, 3, 0]);
    expect(
      idsOf(...more)
        .sort()
        .slice(-3),
    ).toEqual(["s1", "s2", "u \n"]);
  });

  it("reads nothing twice for an open transaction, and what that stored once it is done", async () => {
    const { table, list, feed } = await apart();
    const open = await opened.pool.connect();
    await open.query("BEGIN");
    await fill(open, table, "open", 2_500);
    const before = await feed.read(null, 0);
    await fill(opened.pool, table, "t", 2_500);
    const caughtUp = await allOf(feed, before.cursor);
    expect(idsOf(...caughtUp).length).toBe(2_500);
    const idle = await feed.read((caughtUp.at(-1) as RevocationPage).cursor, 0);
    expect([idle.revocations.length, idle.more]).toEqual([0, false]);
    await list.revokeToken("late", later(), "u");
    const late = await feed.read(idle.cursor, 0);
    expect(idsOf(late)).toEqual(["late"]);
    await open.query("COMMIT");
    open.release();
    const all = await allOf(feed, late.cursor);
    expect(all.map(({ revocations }) => revocations.length)).toEqual([2_000, 500, 0]);
    expect(idsOf(...all).every((id) => id.startsWith("open"))).toBe(true);
  });

  it("finds what an open transaction moved, while it read, to where it had been", async () => {
    const { table, tables, feed } = await apart();
    const open = await opened.pool.connect();
    await open.query("BEGIN");
    await open.query("SELECT pg_current_xact_id()");
    await fill(opened.pool, table, "a", 2_000);
    await fill(opened.pool, table, "b", 2_500);
    const first = await feed.read(null, 0);
    await postgresBlocklist({ client: open, tables }).revokeToken("b-002500", later(), "u");
    await open.query("COMMIT");
    open.release();
    const rest = await allOf(feed, first.cursor);
    expect(idsOf(...rest)).toContain("b-002500");
    expect(idsOf(...rest).length).toBe(2_500);
  });

  it("does not load what has ended", async () => {
    const { table, list, feed } = await apart();
    await fill(opened.pool, table, "t", 3);
    await opened.pool.query(`UPDATE ${table} SET expires_at = now() - interval '25 hours' WHERE id = 't-000002'`);
    await opened.pool.query(`UPDATE ${table} SET expires_at = now() - interval '23 hours' WHERE id = 't-000003'`);
    const { revocations, cursor } = await feed.read(null, 0);
    expect(revocations.map(({ id }) => id)).toEqual(["t-000001", "t-000003"]);
    await list.revokeToken("over", new Date(0), "u");
    expect(idsOf(await feed.read(cursor, 0)), "what is new may have ended by the server's clock alone").toEqual([
      "over",
    ]);
  });

  it("reads anew what was restored, whatever its transactions, and then only what is new", async () => {
    const { table, list, feed } = await apart();
    await list.revokeToken("before", later(), "u");
    const { cursor } = await feed.read(null, 0);
    await opened.pool.query(`TRUNCATE ${table}`);
    await fill(opened.pool, table, "low", 2, "3");
    await fill(opened.pool, table, "high", 2_000, "900000000000");
    const pages = await allOf(feed, cursor);
    expect(pages.map(({ revocations }) => revocations.length)).toEqual([2_000, 2, 0]);
    await list.revokeToken("after", later(), "u");
    expect(idsOf(await feed.read((pages.at(-1) as RevocationPage).cursor, 0))).toEqual(["after"]);
    await list.revokeToken("high-000001", later(), "u");
    expect(idsOf(...(await allOf(feed, cursor)))).toContain("high-000001");
  });

  it("revokes a user and sessions in one statement, all or none", async () => {
    const { table, list } = await apart();
    await opened.pool.query(`ALTER TABLE ${table} ADD CHECK (id <> 'refused')`);
    await expect(async () => list.revokeUser("u", new Date(), later(), ["s1", "refused"])).rejects.toThrow(/check/);
    const asked = { jti: null, sid: "s1", userId: "u", issuedAt: new Date(0) };
    expect(await list.isRevoked(asked)).toBe(false);
    await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        list.revokeUser("u", new Date(), later(), nth % 2 === 0 ? ["s1", "s2", "s3"] : ["s3", "s2", "s1"]),
      ),
    );
    expect(await list.isRevoked({ ...asked, issuedAt: later() })).toBe(true);
  });

  it("tells those who listen in the background, one call at a time, whatever comes of it", async () => {
    const calls: { done: () => void; fail: (error: Error) => void }[] = [];
    const client = {
      query: async (sql: string) => {
        if (sql.includes("pg_notify")) await new Promise<void>((done, fail) => calls.push({ done, fail }));
        return { rows: [] };
      },
    };
    const list = postgresBlocklist({ client });
    const revoke = async (): Promise<void> => {
      for (let nth = 0; nth < 5; nth += 1) await list.revokeToken("t", later(), "u");
    };
    await revoke();
    expect(calls.length).toBe(1);
    calls[0]?.fail(new Error("down"));
    await passing(1);
    expect(calls.length).toBe(2); // for the four that came meanwhile
    calls[1]?.done();
    await passing(1);
    expect(calls.length).toBe(2);
    await revoke();
    expect(calls.length).toBe(3);
    calls[2]?.done();
  });

  it.each([[], [{}], [{ life: 1, seen: "1:1:" }], [{ life: "l", seen: 1 }]])(
    "takes %j for no answer",
    async (...rows) => {
      const client = { query: async () => ({ rows }) };
      await expect(followed({ client, feed: { client } }).read(null, 1)).rejects.toThrow(/gave no cursor/);
    },
  );
});

const silent = { query: async () => ({ rows: [] }) };
it.each<readonly [object | null, RegExp]>([
  [{}, /feed.client must have a query method/],
  [{ client: "postgres://" }, /feed.client must have a query method/],
  [{ client: silent, listen: "LISTEN" }, /feed.listen must be a function/],
  [{ client: silent, wake: () => undefined }, /postgresBlocklist: feed: there is no option "wake"/],
  [null, /postgresBlocklist: feed takes a plain object/],
])("a feed of Postgres can't be %o", (feed, why) => {
  expect(() => postgresBlocklist({ client: silent, feed: feed as never })).toThrow(why);
});

it.each(["", "A", "a b", "a'); DROP TABLE x; --", "1a", "a".repeat(64), 1, null])("no channel is %j", (channel) => {
  expect(() => postgresBlocklist({ client: silent, channel: channel as string })).toThrow(
    /channel must be a name of small letters/,
  );
});

import { describe, expect, it } from "vitest";
import { type PostgresClient, postgresApiKeys, postgresRefreshStore } from "../../../src/stores/postgres.ts";
import { newApiKey } from "../../support/api-key-races.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { newSession } from "../../support/sessions.ts";
import { useTables } from "../postgres/databases.ts";

const at = (hours: number): Date => new Date(Date.UTC(2000, 0, 1, hours));

describe.skipIf(postgresUrl === null)("on a Postgres where another transaction is open", () => {
  const opened = useTables();

  /** Does one thing within a transaction, and commits it once another thing waits for it. Gives what that becomes. */
  const overtake = async <T>(
    first: (client: PostgresClient) => Promise<unknown>,
    second: (client: PostgresClient) => Promise<T>,
  ): Promise<T> => {
    const connection = await opened.pool.connect();
    await connection.query("BEGIN");
    await first(connection);
    const waiting = second(opened.pool);
    await expect.poll(countWaiting, { timeout: 10_000 }).toBe(1);
    await connection.query("COMMIT");
    connection.release();
    return waiting;
  };
  /** How many statements on the tables of this file wait for a lock. */
  const countWaiting = async (): Promise<number> => {
    const sql = `SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND strpos(query, $1) > 0`;
    return (await opened.pool.query(sql, [opened.schema])).rows[0].waiting;
  };

  it("a count of endings is not forgotten while a session begins under it, which all the same ends with all", async () => {
    const store = postgresRefreshStore({ client: opened.pool, tables: opened.tables });
    await store.endSessions("user-1", at(0));
    const session = newSession({ userId: "user-1", createdAt: at(50), expiresAt: at(99) });
    await overtake(
      (client) => postgresRefreshStore({ client, tables: opened.tables }).startSession(session, 1, 100),
      (client) => postgresRefreshStore({ client, tables: opened.tables }).deleteExpired(at(50)),
    );
    expect(await store.endSessions("user-1", at(51))).toEqual([{ sid: session.sid, ended: "logout" }]);
  });

  it("an API key is replaced once", async () => {
    const keys = postgresApiKeys({ client: opened.pool, tables: opened.tables });
    const old = newApiKey();
    const [next, late] = [newApiKey({ userId: old.userId }), newApiKey({ userId: old.userId })];
    await keys.insert(old, 9);
    const isReplaced = await overtake(
      (client) => postgresApiKeys({ client, tables: opened.tables }).replace(old.id, at(1), next),
      (client) => postgresApiKeys({ client, tables: opened.tables }).replace(old.id, at(2), late),
    );
    expect(isReplaced).toBe(false);
    expect(await keys.find(old.digest)).toMatchObject({ expiresAt: at(1), replacedBy: next.id });
    expect(await keys.find(late.digest)).toBeNull();
  });

  it("a session that begins after the count has gone up lives on", async () => {
    const session = newSession({ userId: "user-2", createdAt: at(1) });
    const store = postgresRefreshStore({ client: opened.pool, tables: opened.tables });
    const late: PostgresClient = {
      async query(sql, parameters) {
        if (sql.startsWith("UPDATE")) await store.startSession(session, 1, 100);
        return opened.pool.query(sql, parameters);
      },
    };
    expect(await postgresRefreshStore({ client: late, tables: opened.tables }).endSessions("user-2", at(0))).toEqual(
      [],
    );
    expect(await store.findSession(session.family)).toEqual(session);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresRefreshStore, postgresSchema } from "../../../src/stores/postgres.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { newSession } from "../../support/sessions.ts";
import { openPool, tablesIn } from "./databases.ts";

const at = (hours: number): Date => new Date(Date.UTC(2000, 0, 1, hours));

describe.skipIf(postgresUrl === null)("how often all of a user's sessions were ended", () => {
  let opened: Awaited<ReturnType<typeof openPool>>;
  let tables: ReturnType<typeof tablesIn>;
  beforeAll(async () => {
    opened = await openPool();
    tables = tablesIn(opened.schema);
    await opened.pool.query(postgresSchema(tables));
  });
  afterAll(() => opened.pool.end());

  it("is not forgotten while a session begins that would then outlive the next end", async () => {
    const store = postgresRefreshStore({ client: opened.pool, tables });
    await store.endSessions("user-1", at(0));
    const session = newSession({ userId: "user-1", createdAt: at(50), expiresAt: at(99) });
    const connection = await opened.pool.connect();
    await connection.query("BEGIN");
    expect(await postgresRefreshStore({ client: connection, tables }).startSession(session, 1, 100)).toEqual([]);
    const deletion = store.deleteExpired(at(50));
    await expect.poll(countWaiting, { timeout: 10_000 }).toBe(1);
    await connection.query("COMMIT");
    connection.release();
    await deletion;
    expect(await store.endSessions("user-1", at(51))).toEqual([{ sid: session.sid, ended: "logout" }]);
  });

  /** How many deletions of owners wait for a lock. */
  async function countWaiting(): Promise<number> {
    const sql = `SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND starts_with(query, $1)`;
    const deletion = `DELETE FROM "${opened.schema}"."session_owners"`;
    return (await opened.pool.query(sql, [deletion])).rows[0].waiting;
  }
});

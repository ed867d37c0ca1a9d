import { at, dayOf, type Run } from "./client.ts";

const BATCH = 1_000;

/** What a table is ordered by as its rows end: an index has it first. */
export type EndColumn = "expires_at" | "expires_on";

/**
 * Deletes what has ended by an instant, the first to end first, a batch a statement, and counts what went. One node at a
 * time does it; for the others nothing is left to delete. What somebody else has locked is left for the next time.
 */
export async function deleteEnded(
  run: Run,
  table: string,
  key: string,
  now: number,
  by: EndColumn = "expires_at",
): Promise<number> {
  const sql = `DELETE FROM ${table} WHERE (${key}) IN (
      SELECT ${key} FROM ${table}
      WHERE expires_at <= ${at("$1")} AND ${by} <= ${by === "expires_on" ? dayOf("$1") : at("$1")}
        AND (SELECT pg_try_advisory_xact_lock(hashtextextended($2, 0)))
      ORDER BY ${by} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
    RETURNING 1`;
  let deleted = 0;
  let batch: number;
  do {
    batch = (await run(sql, now, `hallpass: delete from ${table}`)).length;
    deleted += batch;
  } while (batch === BATCH);
  return deleted;
}

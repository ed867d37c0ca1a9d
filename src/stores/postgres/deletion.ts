import { asDay, asTimestamp, type Query } from "./client.ts";

/** How many rows one statement deletes. */
const BATCH = 1_000;

/** The indexed column by which a table is searched for expired rows. */
export type EndColumn = "expires_at" | "expires_on";

/**
 * Deletes the rows that expired at or before an instant, the oldest first, in statements of one batch each. An advisory
 * lock lets one process at a time do it; the others find nothing to delete. Locked rows are left for the next time.
 *
 * @returns the number of deleted rows
 */
export async function deleteExpiredRows(
  query: Query,
  table: string,
  key: string,
  at: number,
  by: EndColumn = "expires_at",
): Promise<number> {
  const sql = `DELETE FROM ${table} WHERE (${key}) IN (
      SELECT ${key} FROM ${table}
      WHERE expires_at <= ${asTimestamp("$1")} AND ${by} <= ${by === "expires_on" ? asDay("$1") : asTimestamp("$1")}
        AND (SELECT pg_try_advisory_xact_lock(hashtextextended($2, 0)))
      ORDER BY ${by} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
    RETURNING 1`;
  let deleted = 0;
  let batch: number;
  do {
    batch = (await query(sql, at, `hallpass: delete from ${table}`)).length;
    deleted += batch;
  } while (batch === BATCH);
  return deleted;
}

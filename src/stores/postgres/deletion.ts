import { type Cutoff, MARGIN_MS } from "../shared/cutoff.ts";
import { castToTimestamp, type Query } from "./client.ts";

/** How many rows one statement deletes. */
const BATCH = 1_000;

/** The indexed column by which a table is searched for expired rows. */
export type EndColumn = "expires_at" | "expires_on";

/**
 * Returns SQL for a cutoff whose milliseconds are in a parameter. Unless the application gave the instant, it is no
 * later than a minute ago by the server's clock: a process whose clock is ahead must not delete what still counts for
 * the others.
 */
export function writeCutoff(parameter: string, { isGiven }: Cutoff): string {
  const given = castToTimestamp(parameter);
  return isGiven ? given : `least(${given}, now() - interval '${MARGIN_MS} milliseconds')`;
}

/**
 * Deletes the rows that expired at or before a cutoff, the oldest first, in statements of one batch each. An advisory
 * lock lets one process at a time do it; the others find nothing to delete. Locked rows are left for the next time.
 *
 * @returns the number of deleted rows
 */
export async function deleteExpiredRows(
  query: Query,
  table: string,
  key: string,
  cutoff: Cutoff,
  by: EndColumn = "expires_at",
): Promise<number> {
  const end = writeCutoff("$1", cutoff);
  const sql = `DELETE FROM ${table} WHERE (${key}) IN (
      SELECT ${key} FROM ${table}
      WHERE expires_at <= ${end} AND ${by} <= ${by === "expires_on" ? `(${end} AT TIME ZONE 'UTC')::date` : end}
        AND (SELECT pg_try_advisory_xact_lock(hashtextextended($2, 0)))
      ORDER BY ${by} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
    RETURNING 1`;
  let deleted = 0;
  let batch: number;
  do {
    batch = (await query(sql, cutoff.time, `hallpass: delete from ${table}`)).length;
    deleted += batch;
  } while (batch === BATCH);
  return deleted;
}

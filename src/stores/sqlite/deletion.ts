import { readStopwatch } from "../../shared/clock.ts";
import { MAX_DELETED_ROWS } from "../../shared/limits.ts";
import type { Client } from "./client.ts";

/**
 * A batch should block the process for about this long. Its size varies, since rows that lie together are deleted much
 * faster than others.
 */
const BATCH_MS = 5;
const MIN_ROWS = 50;

/**
 * Deletes the rows that expired at or before an instant, the oldest first, in transactions of one batch each.
 *
 * @returns the number of deleted rows
 */
export async function deleteExpiredRows(
  { query, transact }: Pick<Client, "query" | "transact">,
  table: string,
  key: string,
  at: number,
): Promise<number> {
  const sql = `DELETE FROM ${table} WHERE (${key}) IN (
    SELECT ${key} FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING 1`;
  let deleted = 0;
  let size = MIN_ROWS;
  for (;;) {
    let began = 0;
    const batch = await transact(() => {
      began = readStopwatch();
      return query(sql, at, size).length;
    });
    const tookMs = readStopwatch() - began; // with the commit, and without the wait for the transaction to begin
    deleted += batch;
    if (batch !== size) return deleted;
    size = Math.min(Math.max(Math.round((size * BATCH_MS) / tookMs), MIN_ROWS), 2 * size, MAX_DELETED_ROWS);
    await new Promise(setImmediate);
  }
}

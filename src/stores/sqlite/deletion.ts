import { stopwatch } from "../../shared/clock.ts";
import type { Runner } from "./database.ts";

/** How long a batch may hold the process up, about: rows that lie together go a hundred times as fast as scattered ones. */
const BATCH_MS = 5;
const [FEWEST, MOST] = [50, 5_000];

/** Deletes what has ended by an instant, the first to end first, a batch a transaction, and counts what went. */
export async function deleteEnded(
  { rows, atomically }: Pick<Runner, "rows" | "atomically">,
  table: string,
  key: string,
  now: number,
): Promise<number> {
  const sql = `DELETE FROM ${table} WHERE (${key}) IN (
    SELECT ${key} FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING 1`;
  let deleted = 0;
  let size = FEWEST;
  for (;;) {
    let began = 0;
    const batch = await atomically(() => {
      began = stopwatch();
      return rows(sql, now, size).length;
    });
    const tookMs = stopwatch() - began; // with its commit, and without the waiting before it
    deleted += batch;
    if (batch !== size) return deleted;
    size = Math.min(Math.max(Math.round((size * BATCH_MS) / tookMs), FEWEST), 2 * size, MOST);
    await new Promise(setImmediate);
  }
}

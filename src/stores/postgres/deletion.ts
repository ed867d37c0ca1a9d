import { at, type Run } from "./client.ts";

const BATCH = 1_000;

/**
 * Deletes what has ended by an instant, the first to end first, a batch a statement, and counts what went: rows of a table,
 * and those that hold their key in other tables. One node at a time does it; for the others nothing is left to delete. What
 * somebody else has locked is left for the next time.
 */
export async function deleteEnded(
  run: Run,
  table: string,
  key: string,
  now: number,
  alongWith: readonly string[] = [],
): Promise<number> {
  const gone = [table, ...alongWith].map(
    (of, index) => `gone${index} AS (DELETE FROM ${of} WHERE (${key}) IN (SELECT ${key} FROM ended) RETURNING 1)`,
  );
  const counts = gone.map((_, index) => `(SELECT count(*)::int FROM gone${index})`);
  const sql = `WITH ended AS (
      SELECT ${key} FROM ${table}
      WHERE expires_at <= ${at("$1")} AND (SELECT pg_try_advisory_xact_lock(hashtextextended($2, 0)))
      ORDER BY expires_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED),
    ${gone.join(",\n    ")}
    SELECT (SELECT count(*)::int FROM ended) AS batch, ${counts.join(" + ")} AS deleted`;
  let deleted = 0;
  let row: Record<string, unknown> | undefined;
  do {
    [row] = await run(sql, now, `hallpass: delete from ${table}`);
    deleted += row?.deleted as number;
  } while (row?.batch === BATCH);
  return deleted;
}

import type { StatusListStore } from "../contract.ts";
import { readPlaces, readStatusPage } from "../shared/rows.ts";
import { groupByPage, joinPages } from "../shared/status-pages.ts";
import { bindClient, POSTGRES_OPTIONS, type PostgresOptions } from "./client.ts";

/** Bits as hex: `bit_send` gives them as bytes, after the four bytes of their length. */
const AS_HEX = "encode(substring(bit_send(marks) FROM 5), 'hex')";

/**
 * Status lists in two Postgres tables (see {@link postgresSchema}). Each step is one statement, so a pool will do. What
 * a call has confirmed survives a crash, as far as the server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const uri = "https://auth.example.com/statuslists";
 * const statusList = createStatusList({ uri, keys, store: postgresStatusListStore({ client: pool }) });
 * ```
 */
export function postgresStatusListStore(options: PostgresOptions): StatusListStore {
  const { query, tables } = bindClient("postgresStatusListStore", options, POSTGRES_OPTIONS);
  const { statusLists, statusPages } = tables;

  return {
    async allocate(series, count, terms) {
      const sql = `INSERT INTO ${statusLists} AS known (series, next, terms) VALUES ($1, $2::bigint, $3)
        ON CONFLICT (series) DO UPDATE SET next = known.next + excluded.next
        RETURNING (next - $2::bigint)::text AS first, terms`;
      return readPlaces((await query(sql, series, count, terms))[0]);
    },
    async mark(series, list, indices) {
      // Every call locks its pages in the same order, so that no two calls wait for each other.
      const sql = `INSERT INTO ${statusPages} AS known (series, list, page, marks)
        SELECT $1, $2::integer, page, ('x' || hex)::bit(4096)
        FROM json_to_recordset($3::text::json) AS marked(page integer, hex text) ORDER BY page
        ON CONFLICT (series, list, page) DO UPDATE SET marks = known.marks | excluded.marks`;
      await query(sql, series, list, JSON.stringify(groupByPage(indices)));
    },
    async read(series, list) {
      const sql = `SELECT page, ${AS_HEX} AS hex FROM ${statusPages} WHERE series = $1 AND list = $2::integer`;
      return joinPages((await query(sql, series, list)).map(readStatusPage));
    },
  };
}

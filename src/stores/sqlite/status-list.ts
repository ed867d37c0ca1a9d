import type { StatusListStore } from "../contract.ts";
import { readPlaces, readStatusPage } from "../shared/rows.ts";
import { groupByPage, joinPages, mergePages } from "../shared/status-pages.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";

/**
 * Status lists in two SQLite tables (see {@link sqliteSchema}), for the processes of one machine. What a call has
 * confirmed survives a crash of the process, and a crash of the machine as far as SQLite's `synchronous` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const uri = "https://auth.example.com/statuslists";
 * const statusList = createStatusList({ uri, keys, store: sqliteStatusListStore({ database }) });
 * ```
 */
export function sqliteStatusListStore(options: SqliteOptions): StatusListStore {
  const { read, query, execute, transact, tables } = bindClient("sqliteStatusListStore", options, SQLITE_OPTIONS);
  const { statusLists, statusPages } = tables;

  return {
    allocate: (series, count, terms) =>
      transact(() => {
        const sql = `INSERT INTO ${statusLists} (series, next, terms) VALUES (?, ?, ?)
          ON CONFLICT (series) DO UPDATE SET next = next + excluded.next RETURNING next - ? AS first, terms`;
        return readPlaces(query(sql, series, count, terms, count)[0]);
      }),
    mark: (series, list, indices) =>
      transact(() => {
        for (const { page, hex } of groupByPage(indices)) {
          const select = `SELECT marks FROM ${statusPages} WHERE series = ? AND list = ? AND page = ?`;
          const [row] = query(select, series, list, page);
          const upsert = `INSERT INTO ${statusPages} (series, list, page, marks) VALUES (?, ?, ?, ?)
            ON CONFLICT (series, list, page) DO UPDATE SET marks = excluded.marks`;
          execute(upsert, series, list, page, mergePages(row?.marks as string | undefined, hex));
        }
      }),
    async read(series, list) {
      const sql = `SELECT page, marks AS hex FROM ${statusPages} WHERE series = ? AND list = ?`;
      return joinPages((await read(sql, series, list)).map(readStatusPage));
    },
  };
}

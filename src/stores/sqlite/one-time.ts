import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import { readOneTimeToken, readOneTimeTry } from "../shared/rows.ts";
import type { SqlOneTimeStore } from "../shared/sql.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

const COLUMNS = "digest, purpose, user_id, data, valid_until AS ends";

/**
 * Tokens and codes for one use in a SQLite table (see {@link sqliteSchema}), for the processes of one machine. What a
 * call has confirmed survives a crash of the process, and a crash of the machine as far as SQLite's `synchronous` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = sqliteOneTimeStore({ database });
 * const resets = createOneTimeTokens({ store, purpose: "password-reset", lifetime: "1h" });
 * ```
 */
export function sqliteOneTimeStore(options: SqliteOptions & DeletionOptions): SqlOneTimeStore {
  const client = bindClient("sqliteOneTimeStore", options, OPTIONS);
  const { query, execute, transact } = client;
  const { oneTimeTokens } = client.tables;

  const getCutoff = createCutoff();
  const store: SqlOneTimeStore = {
    put: ({ digest, purpose, userId, data, expiresAt }) =>
      transact(() => {
        const sql = `INSERT INTO ${oneTimeTokens} (purpose, user_id, digest, data, valid_until, expires_at)
          VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (purpose, user_id) DO UPDATE SET digest = excluded.digest, data = excluded.data,
            valid_until = excluded.valid_until,
            expires_at = max(excluded.valid_until, coalesce(tries_until, excluded.valid_until))`;
        const ends = toMilliseconds(expiresAt);
        execute(sql, purpose, userId, digest, data, ends, ends);
      }),
    find: async (digest) =>
      readOneTimeToken(query(`SELECT ${COLUMNS} FROM ${oneTimeTokens} WHERE digest = ?`, digest)[0]),
    take: (digest) =>
      transact(() => {
        const sql = `DELETE FROM ${oneTimeTokens} WHERE digest = ?
          RETURNING ${COLUMNS}`;
        return readOneTimeToken(query(sql, digest)[0]);
      }),
    countTry: (purpose, userId, at, until) =>
      transact(() => {
        const sql = `UPDATE ${oneTimeTokens} SET tries = CASE WHEN tries_until > ? THEN tries + 1 ELSE 1 END,
            tries_until = CASE WHEN tries_until > ? THEN tries_until ELSE ? END,
            expires_at = CASE WHEN tries_until > ? THEN expires_at ELSE max(valid_until, ?) END
          WHERE purpose = ? AND user_id = ? RETURNING digest, tries`;
        const [now, ends] = [toMilliseconds(at), toMilliseconds(until)];
        return readOneTimeTry(query(sql, now, now, ends, now, ends, purpose, userId)[0]);
      }),
    deleteExpired: async (at) => deleteExpiredRows(client, oneTimeTokens, "purpose, user_id", getCutoff(at).time),
  };
  return scheduleDeletion("sqliteOneTimeStore", store, options);
}

import { DAY_MS } from "../../shared/clock.ts";
import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import {
  listReplacedValues,
  listSessionValues,
  readEndedSession,
  readEndings,
  readEndReason,
  readSession,
  readSid,
} from "../shared/rows.ts";
import type { SqlRefreshStore } from "../shared/sql.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

const COLUMNS = `sid, user_id, created_at AS created, last_used_at AS used, family, expires_at AS ends,
  password_changed_at AS changed, rotation, details, revision, ended`;

/**
 * Sessions in two SQLite tables (see {@link sqliteSchema}), for the processes of one machine. What a call has confirmed
 * survives a crash of the process, and a crash of the machine as far as SQLite's `synchronous` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = sqliteRefreshStore({ database });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function sqliteRefreshStore(options: SqliteOptions & DeletionOptions): SqlRefreshStore {
  const client = bindClient("sqliteRefreshStore", options, OPTIONS);
  const { read, query, transact } = client;
  const { sessions, sessionOwners } = client.tables;
  const selectEndings = `SELECT endings FROM ${sessionOwners} WHERE user_id = ?`;

  const getCutoff = createCutoff();
  const store: SqlRefreshStore = {
    async endings(userId) {
      return readEndings(await read(selectEndings, userId));
    },
    startSession: (session, endings, limit) =>
      transact(() => {
        const { sid, userId } = session;
        if (readEndings(query(selectEndings, userId)) > endings) return null;
        const insert = `INSERT INTO ${sessions} (sid, user_id, family, created_at, last_used_at, expires_at,
          password_changed_at, rotation, details, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING sid`;
        query(insert, ...listSessionValues(session));
        const surplus = `SELECT sid FROM ${sessions} WHERE user_id = ? AND sid <> ? AND ended IS NULL
          ORDER BY last_used_at DESC LIMIT -1 OFFSET ?`;
        const remove = `DELETE FROM ${sessions} WHERE sid IN (${surplus}) RETURNING sid`;
        return query(remove, userId, sid, limit - 1).map(readSid);
      }),
    async findSession(family) {
      const [row] = await read(`SELECT ${COLUMNS} FROM ${sessions} WHERE family = ?`, family);
      return row === undefined ? null : readSession(row);
    },
    replaceSession: ({ sid, userId, revision }, next) =>
      transact(() => {
        const sql = `UPDATE ${sessions} SET last_used_at = ?, expires_at = ?, password_changed_at = ?, rotation = ?,
          details = ?, revision = ? WHERE sid = ? AND user_id = ? AND revision = ? AND ended IS NULL RETURNING sid`;
        return query(sql, ...listReplacedValues(next), sid, userId, revision).length === 1;
      }),
    endSession: (sid, userId, reason) =>
      transact(() => {
        const sql = `UPDATE ${sessions} SET ended = coalesce(ended, ?), revision = revision + 1
          WHERE sid = ? AND user_id = ? RETURNING ended`;
        return readEndReason(query(sql, reason, sid, userId)[0]);
      }),
    endSessions: (userId, at, exceptSid = "") =>
      transact(() => {
        const count = `INSERT INTO ${sessionOwners} (user_id, endings, used_at) VALUES (?, 1, ?)
          ON CONFLICT (user_id) DO UPDATE SET endings = endings + 1, used_at = max(used_at, excluded.used_at)
          RETURNING endings`;
        query(count, userId, toMilliseconds(at));
        const end = `UPDATE ${sessions} SET ended = coalesce(ended, 'logout'), revision = revision + 1
          WHERE user_id = ? AND (sid <> ? OR ended IS NOT NULL) RETURNING sid, ended`;
        return query(end, userId, exceptSid).map(readEndedSession);
      }),
    deleteSessions: (userId, sids) =>
      transact(() => {
        const sql = `DELETE FROM ${sessions} WHERE user_id = ? AND sid = ? AND ended IS NOT NULL RETURNING sid`;
        for (const sid of sids) query(sql, userId, sid);
      }),
    async sessions(userId, at) {
      const sql = `SELECT ${COLUMNS} FROM ${sessions} WHERE user_id = ? AND ended IS NULL AND expires_at > ?
        ORDER BY last_used_at DESC`;
      return (await read(sql, userId, toMilliseconds(at))).map(readSession);
    },
    async deleteExpired(at) {
      const { time } = getCutoff(at);
      const sql = `DELETE FROM ${sessionOwners} WHERE used_at <= ? RETURNING user_id`;
      await transact(() => query(sql, time - DAY_MS));
      return deleteExpiredRows(client, sessions, "sid", time);
    },
  };
  return scheduleDeletion("sqliteRefreshStore", store, options);
}

import type { OptionNames } from "../../shared/options.ts";
import type { EndReason, Session, StoredSession } from "../contract.ts";
import { DELETION_OPTIONS, type DeletionOptions, deletingByItself } from "../shared/deletion.ts";
import { instantOf, instantOrNull, millisecondsOf } from "../shared/instant.ts";
import { endedOf } from "../shared/rows.ts";
import type { SqlRefreshStore } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { numberOf } from "../shared/values.ts";
import { type Row, runnerOf, SQLITE_OPTIONS, type SqliteOptions } from "./database.ts";
import { deleteEnded } from "./deletion.ts";

const LISTED = "sid, user_id, created_at, last_used_at";
const COLUMNS = `${LISTED}, family, expires_at, password_changed_at, rotation, revision, ended`;

const DAY = 86_400_000;

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

/**
 * Sessions in two SQLite tables: see {@link sqliteSchema}. For the processes of one machine. What a call has answered for
 * survives a crash of the process, and one of the machine as far as SQLite's `synchronous` says.
 *
 * @throws TypeError when the database is none, or a table's name
 *
 * @example
 * ```ts
 * const store = sqliteRefreshStore({ database });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function sqliteRefreshStore(options: SqliteOptions & DeletionOptions): SqlRefreshStore {
  const runner = runnerOf("sqliteRefreshStore", options, OPTIONS);
  const { read, rows, atomically } = runner;
  const { sessions, sessionOwners: owners } = quotedTables("sqliteRefreshStore", options.tables);
  const endings = `SELECT endings FROM ${owners} WHERE user_id = ?`;
  const store: SqlRefreshStore = {
    async endings(userId) {
      return countOf(await read(endings, userId));
    },
    startSession: (session, known, limit) =>
      atomically(() => {
        const { sid, userId, createdAt, family } = session;
        if (countOf(rows(endings, userId)) > known) return null;
        const add = `INSERT INTO ${sessions} (sid, user_id, created_at, family, last_used_at, expires_at,
          password_changed_at, rotation, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING sid`;
        const { lastUsedAt, expiresAt, passwordChangedAt, rotation, revision } = session;
        const [created, used, ends] = [createdAt, lastUsedAt, expiresAt].map(millisecondsOf) as Instants;
        const changed = passwordChangedAt === null ? null : millisecondsOf(passwordChangedAt);
        rows(add, sid, userId, created, family, used, ends, changed, rotation, revision);
        const surplus = `SELECT sid FROM ${sessions} WHERE user_id = ? AND sid <> ? AND ended IS NULL
          ORDER BY last_used_at DESC LIMIT -1 OFFSET ?`;
        const deleted = rows(`DELETE FROM ${sessions} WHERE sid IN (${surplus}) RETURNING sid`, userId, sid, limit - 1);
        return deleted.map((row) => row.sid as string);
      }),
    async findSession(family) {
      const [row] = await read(`SELECT ${COLUMNS} FROM ${sessions} WHERE family = ?`, family);
      return row === undefined ? null : storedSessionOf(row);
    },
    replaceSession: ({ sid, userId, revision }, { lastUsedAt, expiresAt, rotation, revision: next }) =>
      atomically(() => {
        const sql = `UPDATE ${sessions} SET last_used_at = ?, expires_at = ?, rotation = ?, revision = ?
          WHERE sid = ? AND user_id = ? AND revision = ? AND ended IS NULL RETURNING sid`;
        const [used, ends] = [lastUsedAt, expiresAt].map(millisecondsOf) as Instants;
        return rows(sql, used, ends, rotation, next, sid, userId, revision).length === 1;
      }),
    endSession: (sid, userId, reason) =>
      atomically(() => {
        const sql = `UPDATE ${sessions} SET ended = coalesce(ended, ?), revision = revision + 1
          WHERE sid = ? AND user_id = ? RETURNING ended`;
        return (rows(sql, reason, sid, userId)[0]?.ended ?? null) as EndReason | null;
      }),
    endSessions: (userId, at) =>
      atomically(() => {
        const count = `INSERT INTO ${owners} (user_id, endings, used_at) VALUES (?, 1, ?)
          ON CONFLICT (user_id) DO UPDATE SET endings = endings + 1, used_at = max(used_at, excluded.used_at)
          RETURNING endings`;
        rows(count, userId, millisecondsOf(at));
        const end = `UPDATE ${sessions} SET ended = coalesce(ended, 'logout'), revision = revision + 1
          WHERE user_id = ? RETURNING sid, ended`;
        return rows(end, userId).map(endedOf);
      }),
    deleteSessions: (userId, sids) =>
      atomically(() => {
        const sql = `DELETE FROM ${sessions} WHERE user_id = ? AND sid = ? AND ended IS NOT NULL RETURNING sid`;
        for (const sid of sids) rows(sql, userId, sid);
      }),
    async sessions(userId, at) {
      const sql = `SELECT ${LISTED} FROM ${sessions} WHERE user_id = ? AND ended IS NULL AND expires_at > ?
        ORDER BY last_used_at DESC`;
      return (await read(sql, userId, millisecondsOf(at))).map(sessionOf);
    },
    async deleteExpired(at) {
      const now = millisecondsOf(at);
      await atomically(() => rows(`DELETE FROM ${owners} WHERE used_at <= ? RETURNING user_id`, now - DAY));
      return deleteEnded(runner, sessions, "sid", now);
    },
  };
  return deletingByItself("sqliteRefreshStore", store, options);
}

function countOf([row]: readonly Row[]): number {
  return row === undefined ? 0 : numberOf(row.endings);
}

type Instants = [number, number, number];

function sessionOf({ sid, user_id, created_at, last_used_at }: Record<string, unknown>): Session {
  return {
    sid: sid as string,
    userId: user_id as string,
    createdAt: instantOf(created_at),
    lastUsedAt: instantOf(last_used_at),
  };
}

function storedSessionOf(row: Record<string, unknown>): StoredSession {
  return {
    ...sessionOf(row),
    family: row.family as string,
    expiresAt: instantOf(row.expires_at),
    passwordChangedAt: instantOrNull(row.password_changed_at),
    rotation: row.rotation as string,
    revision: numberOf(row.revision),
    ended: row.ended as EndReason | null,
  };
}

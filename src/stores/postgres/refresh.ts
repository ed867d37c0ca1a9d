import type { OptionNames } from "../../shared/options.ts";
import type { StoredSession } from "../contract.ts";
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
import { readInteger } from "../shared/values.ts";
import {
  bindClient,
  castToDay,
  castToMilliseconds,
  castToTimestamp,
  POSTGRES_OPTIONS,
  type PostgresOptions,
  type Query,
} from "./client.ts";
import { deleteExpiredRows, writeCutoff } from "./deletion.ts";

const OPTIONS: OptionNames<PostgresOptions & DeletionOptions> = { ...POSTGRES_OPTIONS, ...DELETION_OPTIONS };

const COLUMNS = `sid, user_id, ${castToMilliseconds("created_at")} AS created, ${castToMilliseconds("last_used_at")} AS used,
  family, ${castToMilliseconds("expires_at")} AS ends, ${castToMilliseconds("password_changed_at")} AS changed, rotation,
  details, revision, ended`;

/**
 * Sessions in two Postgres tables (see {@link postgresSchema}). Each step is one statement, so a pool will do. What a
 * call has confirmed survives a crash, as far as the server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = postgresRefreshStore({ client: pool });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function postgresRefreshStore(options: PostgresOptions & DeletionOptions): SqlRefreshStore {
  const { query, tables } = bindClient("postgresRefreshStore", options, OPTIONS);
  const { sessions, sessionOwners } = tables;

  const getCutoff = createCutoff();
  const store: SqlRefreshStore = {
    async endings(userId) {
      return readEndings(await query(`SELECT endings FROM ${sessionOwners} WHERE user_id = $1`, userId));
    },
    async startSession(session, endings, limit) {
      // This locks the owner's row, and so does endSessions. Of the two, the later one sees what the earlier one wrote.
      const sql = `WITH owner AS (
          INSERT INTO ${sessionOwners} AS known (user_id, endings, used_at) VALUES ($2, 0, ${castToTimestamp("$4")})
          ON CONFLICT (user_id) DO UPDATE SET used_at = greatest(known.used_at, excluded.used_at)
          WHERE known.endings <= $11 RETURNING endings)
        INSERT INTO ${sessions} (sid, user_id, family, created_at, last_used_at, expires_at, expires_on,
          password_changed_at, rotation, details, revision, endings)
        SELECT $1, $2, $3, ${castToTimestamp("$4")}, ${castToTimestamp("$5")}, ${castToTimestamp("$6")}, ${castToDay("$6")},
          ${castToTimestamp("$7")}, $8, $9, $10, endings
        FROM owner WHERE endings <= $11 RETURNING sid`;
      if ((await query(sql, ...listSessionValues(session), endings)).length === 0) return null;
      return deleteSurplus(query, sessions, session, limit);
    },
    async findSession(family) {
      const [row] = await query(`SELECT ${COLUMNS} FROM ${sessions} WHERE family = $1`, family);
      return row === undefined ? null : readSession(row);
    },
    async replaceSession({ sid, userId, revision }, next) {
      const sql = `UPDATE ${sessions} SET last_used_at = ${castToTimestamp("$4")}, expires_at = ${castToTimestamp("$5")},
          expires_on = ${castToDay("$5")}, password_changed_at = ${castToTimestamp("$6")}, rotation = $7, details = $8,
          revision = $9
        WHERE sid = $1 AND user_id = $2 AND revision = $3 AND ended IS NULL RETURNING sid`;
      return (await query(sql, sid, userId, revision, ...listReplacedValues(next))).length === 1;
    },
    async endSession(sid, userId, reason) {
      const sql = `UPDATE ${sessions} SET ended = coalesce(ended, $3), revision = revision + 1
        WHERE sid = $1 AND user_id = $2 RETURNING ended`;
      return readEndReason((await query(sql, sid, userId, reason))[0]);
    },
    async endSessions(userId, at, exceptSid = "") {
      const count = `INSERT INTO ${sessionOwners} AS known (user_id, endings, used_at)
        VALUES ($1, 1, ${castToTimestamp("$2")})
        ON CONFLICT (user_id) DO UPDATE SET endings = known.endings + 1,
          used_at = greatest(known.used_at, excluded.used_at)
        RETURNING endings`;
      const [row] = await query(count, userId, toMilliseconds(at));
      // A second statement sees every session that began before the count went up, and leaves the later ones alone.
      const end = `UPDATE ${sessions} SET ended = coalesce(ended, 'logout'), revision = revision + 1
        WHERE sid IN (SELECT sid FROM ${sessions} WHERE user_id = $1 AND endings < $2 AND (sid <> $3 OR ended IS NOT NULL)
          ORDER BY sid FOR UPDATE)
        RETURNING sid, ended`;
      return (await query(end, userId, readInteger(row?.endings), exceptSid)).map(readEndedSession);
    },
    async deleteSessions(userId, sids) {
      const sql = `DELETE FROM ${sessions} WHERE user_id = $1 AND sid = ANY($2) AND ended IS NOT NULL`;
      await query(sql, userId, sids);
    },
    async sessions(userId, at) {
      const sql = `SELECT ${COLUMNS} FROM ${sessions}
        WHERE user_id = $1 AND ended IS NULL AND expires_at > ${castToTimestamp("$2")} ORDER BY last_used_at DESC`;
      return (await query(sql, userId, toMilliseconds(at))).map(readSession);
    },
    async deleteExpired(at) {
      const cutoff = getCutoff(at);
      // The day is indexed, and not the instant: most refreshes leave the day as it is, and so need not write to an
      // index.
      const deleted = await deleteExpiredRows(query, sessions, "sid", cutoff, "expires_on");
      const sql = `DELETE FROM ${sessionOwners} WHERE used_at <= ${writeCutoff("$1", cutoff)} - interval '24 hours'
        AND NOT EXISTS (SELECT 1 FROM ${sessions} s WHERE s.user_id = ${sessionOwners}.user_id)`;
      await query(sql, cutoff.time);
      return deleted;
    },
  };
  return scheduleDeletion("postgresRefreshStore", store, options);
}

/**
 * Deletes the least recently used of a user's living sessions over the limit, but never the one that has just begun.
 */
async function deleteSurplus(
  query: Query,
  sessions: string,
  { sid, userId }: StoredSession,
  limit: number,
): Promise<readonly string[]> {
  // Rows that another statement is deleting are skipped: two statements that wait for each other would be a deadlock.
  const surplus = `SELECT sid FROM ${sessions} WHERE user_id = $1 AND sid <> $2 AND ended IS NULL
    ORDER BY last_used_at DESC OFFSET $3`;
  const sql = `DELETE FROM ${sessions} WHERE sid IN (
    SELECT sid FROM ${sessions} WHERE sid IN (${surplus}) FOR UPDATE SKIP LOCKED) RETURNING sid`;
  return (await query(sql, userId, sid, limit - 1)).map(readSid);
}

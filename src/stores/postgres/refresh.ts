import type { OptionNames } from "../../shared/options.ts";
import type { EndReason, Session, StoredSession } from "../contract.ts";
import { DELETION_OPTIONS, type DeletionOptions, deletingByItself } from "../shared/deletion.ts";
import { instantOf, instantOrNull, millisecondsOf } from "../shared/instant.ts";
import { endedOf } from "../shared/rows.ts";
import type { SqlRefreshStore } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { numberOf } from "../shared/values.ts";
import { at, dayOf, ms, POSTGRES_OPTIONS, type PostgresOptions, type Run, runnerOf } from "./client.ts";
import { deleteEnded } from "./deletion.ts";

const LISTED = `sid, user_id, ${ms("created_at")} AS created, ${ms("last_used_at")} AS used`;
const COLUMNS = `${LISTED}, family, ${ms("expires_at")} AS ends, ${ms("password_changed_at")} AS changed,
  rotation, revision, ended`;

const OPTIONS: OptionNames<PostgresOptions & DeletionOptions> = { ...POSTGRES_OPTIONS, ...DELETION_OPTIONS };

const DAY = 86_400_000;

/**
 * Sessions in two Postgres tables: see {@link postgresSchema}. Each step is one statement, so that a pool will do. What a
 * call has answered for survives a crash, as far as the server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const store = postgresRefreshStore({ client: pool });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function postgresRefreshStore(options: PostgresOptions & DeletionOptions): SqlRefreshStore {
  const run = runnerOf("postgresRefreshStore", options, OPTIONS);
  const { sessions, sessionOwners: owners } = quotedTables("postgresRefreshStore", options.tables);

  const store: SqlRefreshStore = {
    async endings(userId) {
      const [row] = await run(`SELECT endings FROM ${owners} WHERE user_id = $1`, userId);
      return row === undefined ? 0 : numberOf(row.endings);
    },
    async startSession(session, endings, limit) {
      // Its owner's row is locked, as the end of all sessions locks it: of the two, one sees what the other wrote.
      const sql = `WITH owner AS (INSERT INTO ${owners} AS known (user_id, endings, used_at) VALUES ($2, 0, ${at("$4")})
          ON CONFLICT (user_id) DO UPDATE SET used_at = greatest(known.used_at, excluded.used_at)
          WHERE known.endings <= $10 RETURNING endings)
        INSERT INTO ${sessions} (sid, user_id, family, created_at, last_used_at, expires_at, expires_on,
          password_changed_at, rotation, revision, endings)
        SELECT $1, $2, $3, ${at("$4")}, ${at("$5")}, ${at("$6")}, ${dayOf("$6")}, ${at("$7")}, $8, $9, endings
        FROM owner WHERE endings <= $10 RETURNING sid`;
      if ((await run(sql, ...valuesOf(session), endings)).length === 0) return null;
      return deleteSurplus(run, sessions, session, limit);
    },
    async findSession(family) {
      const [row] = await run(`SELECT ${COLUMNS} FROM ${sessions} WHERE family = $1`, family);
      return row === undefined ? null : storedSessionOf(row);
    },
    async replaceSession({ sid, userId, revision }, { lastUsedAt, expiresAt, rotation, revision: next }) {
      const sql = `UPDATE ${sessions} SET last_used_at = ${at("$4")}, expires_at = ${at("$5")},
          expires_on = ${dayOf("$5")}, rotation = $6, revision = $7
        WHERE sid = $1 AND user_id = $2 AND revision = $3 AND ended IS NULL RETURNING sid`;
      const [used, ends] = [lastUsedAt, expiresAt].map(millisecondsOf);
      return (await run(sql, sid, userId, revision, used, ends, rotation, next)).length === 1;
    },
    async endSession(sid, userId, reason) {
      const sql = `UPDATE ${sessions} SET ended = coalesce(ended, $3), revision = revision + 1
        WHERE sid = $1 AND user_id = $2 RETURNING ended`;
      return ((await run(sql, sid, userId, reason))[0]?.ended ?? null) as EndReason | null;
    },
    async endSessions(userId, instant) {
      const count = `INSERT INTO ${owners} AS known (user_id, endings, used_at) VALUES ($1, 1, ${at("$2")})
        ON CONFLICT (user_id) DO UPDATE SET endings = known.endings + 1,
          used_at = greatest(known.used_at, excluded.used_at)
        RETURNING endings`;
      const [row] = await run(count, userId, millisecondsOf(instant));
      // A statement of its own, which sees every session that began before the count went up, and leaves later ones alone.
      const end = `UPDATE ${sessions} SET ended = coalesce(ended, 'logout'), revision = revision + 1
        WHERE sid IN (SELECT sid FROM ${sessions} WHERE user_id = $1 AND endings < $2 ORDER BY sid FOR UPDATE)
        RETURNING sid, ended`;
      return (await run(end, userId, numberOf(row?.endings))).map(endedOf);
    },
    async deleteSessions(userId, sids) {
      const sql = `DELETE FROM ${sessions} WHERE user_id = $1 AND sid = ANY($2) AND ended IS NOT NULL`;
      await run(sql, userId, sids);
    },
    async sessions(userId, now) {
      const sql = `SELECT ${LISTED} FROM ${sessions}
        WHERE user_id = $1 AND ended IS NULL AND expires_at > ${at("$2")} ORDER BY last_used_at DESC`;
      return (await run(sql, userId, millisecondsOf(now))).map(sessionOf);
    },
    async deleteExpired(now) {
      const time = millisecondsOf(now);
      // By the day, which is indexed in its place: it stays the same for most refreshes, and so do the indices.
      const deleted = await deleteEnded(run, sessions, "sid", time, "expires_on");
      const owner = `DELETE FROM ${owners} WHERE used_at <= ${at("$1")}
        AND NOT EXISTS (SELECT 1 FROM ${sessions} s WHERE s.user_id = ${owners}.user_id)`;
      await run(owner, time - DAY);
      return deleted;
    },
  };
  return deletingByItself("postgresRefreshStore", store, options);
}

/** A user may have so many living sessions: of all but the one that has just begun, those last used go. */
async function deleteSurplus(
  run: Run,
  sessions: string,
  { sid, userId }: StoredSession,
  limit: number,
): Promise<readonly string[]> {
  // What others are deleting at the same time is left to them: two that wait for each other's rows would wait for ever.
  const surplus = `SELECT sid FROM ${sessions} WHERE user_id = $1 AND sid <> $2 AND ended IS NULL
    ORDER BY last_used_at DESC OFFSET $3`;
  const sql = `DELETE FROM ${sessions} WHERE sid IN (
    SELECT sid FROM ${sessions} WHERE sid IN (${surplus}) FOR UPDATE SKIP LOCKED) RETURNING sid`;
  return (await run(sql, userId, sid, limit - 1)).map((row) => row.sid as string);
}

function valuesOf(session: StoredSession): readonly unknown[] {
  const { sid, userId, family, createdAt, lastUsedAt, expiresAt, passwordChangedAt, rotation, revision } = session;
  const [created, used, ends] = [createdAt, lastUsedAt, expiresAt].map(millisecondsOf);
  const changed = passwordChangedAt === null ? null : millisecondsOf(passwordChangedAt);
  return [sid, userId, family, created, used, ends, changed, rotation, revision];
}

function sessionOf({ sid, user_id, created, used }: Record<string, unknown>): Session {
  return {
    sid: sid as string,
    userId: user_id as string,
    createdAt: instantOf(created),
    lastUsedAt: instantOf(used),
  };
}

function storedSessionOf(row: Record<string, unknown>): StoredSession {
  return {
    ...sessionOf(row),
    family: row.family as string,
    expiresAt: instantOf(row.ends),
    passwordChangedAt: instantOrNull(row.changed),
    rotation: row.rotation as string,
    revision: numberOf(row.revision),
    ended: row.ended as EndReason | null,
  };
}

import type { Session, StoredRefreshToken } from "../contract.ts";
import { instantOf, instantOrNull, millisecondsOf } from "../shared/instant.ts";
import type { SqlRefreshStore } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { at, ms, type PostgresOptions, runnerOf } from "./client.ts";
import { deleteEnded } from "./deletion.ts";

const SESSION = `s.sid, s.user_id, ${ms("s.created_at")} AS created, ${ms("s.last_used_at")} AS used`;

/**
 * Sessions in two Postgres tables: see {@link postgresSchema}. Each step is one statement, so that a pool will do. What a
 * call has answered for survives a crash, as far as the server's `synchronous_commit` says.
 *
 * @throws TypeError when the client is none, or a table's name
 *
 * @example
 * ```ts
 * const store = postgresRefreshStore({ client: pool });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function postgresRefreshStore(options: PostgresOptions): SqlRefreshStore {
  const run = runnerOf("postgresRefreshStore", options);
  const { sessions, refreshTokens: tokens } = quotedTables("postgresRefreshStore", options.tables);
  // Whoever writes locks the session first and its tokens after, as the cascade of a deletion does.
  const locked = `session AS (SELECT sid FROM ${sessions} WHERE sid = $2 FOR UPDATE)`;
  const used = `UPDATE ${sessions} SET last_used_at = ${at("$5")}, expires_at = greatest(expires_at, ${at("$4")})`;
  const successor = `INSERT INTO ${tokens} (token_hash, sid, expires_at) SELECT $3, $2, ${at("$4")}`;

  return {
    async startSession({ sid, userId, createdAt, lastUsedAt }, { tokenHash, expiresAt }) {
      const sql = `WITH session AS (INSERT INTO ${sessions} (sid, user_id, created_at, last_used_at, expires_at)
          VALUES ($1, $2, ${at("$3")}, ${at("$4")}, ${at("$6")}) RETURNING sid)
        INSERT INTO ${tokens} (token_hash, sid, expires_at) SELECT $5, sid, ${at("$6")} FROM session`;
      const [created, usedAt, ends] = [createdAt, lastUsedAt, expiresAt].map(millisecondsOf);
      await run(sql, sid, userId, created, usedAt, tokenHash, ends);
    },
    async findToken(tokenHash) {
      const sql = `SELECT ${SESSION}, ${ms("t.expires_at")} AS ends, ${ms("t.spent_at")} AS spent
        FROM ${tokens} t JOIN ${sessions} s ON s.sid = t.sid WHERE t.token_hash = $1`;
      const [row] = await run(sql, tokenHash);
      return row === undefined ? null : tokenOf(tokenHash, row);
    },
    async spend({ tokenHash, session: { sid } }, { tokenHash: next, expiresAt }, spentAt, graceFrom) {
      const given = [tokenHash, sid, next, millisecondsOf(expiresAt), millisecondsOf(spentAt)];
      const fresh = `WITH ${locked}, spent AS (
          UPDATE ${tokens} SET spent_at = ${at("$5")}
          WHERE token_hash = $1 AND spent_at IS NULL AND sid = (SELECT sid FROM session) RETURNING sid),
        used AS (${used} WHERE sid = (SELECT sid FROM spent)),
        successor AS (${successor} FROM spent)
        SELECT sid FROM spent`;
      if ((await run(fresh, ...given)).length === 1) return "fresh";
      // Asked anew, since a statement that waited for another sees what was there before it waited.
      const again = `WITH ${locked}, token AS (
          SELECT spent_at >= ${at("$6")} AS forgiven FROM ${tokens}
          WHERE token_hash = $1 AND sid = (SELECT sid FROM session)),
        used AS (${used} WHERE sid = $2 AND (SELECT forgiven FROM token)),
        successor AS (${successor} FROM token WHERE forgiven)
        SELECT forgiven FROM token`;
      const [row] = await run(again, ...given, millisecondsOf(graceFrom));
      if (row === undefined) return "ended";
      return row.forgiven === true ? "sibling" : "reused";
    },
    async endSession(sid, userId) {
      await run(`DELETE FROM ${sessions} WHERE sid = $1 AND user_id = $2`, sid, userId);
    },
    async endSessions(userId) {
      const sql = `DELETE FROM ${sessions} WHERE sid IN (
        SELECT sid FROM ${sessions} WHERE user_id = $1 ORDER BY sid FOR UPDATE) RETURNING sid`;
      return (await run(sql, userId)).map(({ sid }) => sid as string);
    },
    async sessions(userId, now) {
      const sql = `SELECT ${SESSION} FROM ${sessions} s WHERE user_id = $1 AND expires_at > ${at("$2")}
        ORDER BY last_used_at DESC`;
      return (await run(sql, userId, millisecondsOf(now))).map(sessionOf);
    },
    async deleteExpired(now) {
      const time = millisecondsOf(now);
      const ended = await deleteEnded(run, sessions, "sid", time, [tokens]);
      return ended + (await deleteEnded(run, tokens, "token_hash", time));
    },
  };
}

function sessionOf({ sid, user_id, created, used }: Record<string, unknown>): Session {
  return {
    sid: sid as string,
    userId: user_id as string,
    createdAt: instantOf(created),
    lastUsedAt: instantOf(used),
  };
}

function tokenOf(tokenHash: string, row: Record<string, unknown>): StoredRefreshToken {
  return { tokenHash, session: sessionOf(row), expiresAt: instantOf(row.ends), spentAt: instantOrNull(row.spent) };
}

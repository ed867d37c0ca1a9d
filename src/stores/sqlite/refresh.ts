import type { Session, StoredRefreshToken } from "../contract.ts";
import { instantOf, instantOrNull, millisecondsOf } from "../shared/instant.ts";
import type { SqlRefreshStore } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { runnerOf, type SqliteOptions } from "./database.ts";
import { deleteEnded } from "./deletion.ts";

/**
 * Sessions in two SQLite tables: see {@link sqliteSchema}. For the processes of one machine; set `busy_timeout` where there
 * are several. What a call has answered for survives a crash of the process, and one of the machine as far as SQLite's
 * `synchronous` says.
 *
 * @throws TypeError when the database is none, or a table's name
 *
 * @example
 * ```ts
 * const store = sqliteRefreshStore({ database });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function sqliteRefreshStore(options: SqliteOptions): SqlRefreshStore {
  const runner = runnerOf("sqliteRefreshStore", options);
  const { rows, write, atomically } = runner;
  const { sessions, refreshTokens: tokens } = quotedTables("sqliteRefreshStore", options.tables);
  const addToken = `INSERT INTO ${tokens} (token_hash, sid, expires_at) VALUES (?, ?, ?)`;
  // Not left to a foreign key, since SQLite heeds those only where it is told to.
  const dropTokens = `DELETE FROM ${tokens} WHERE sid NOT IN (SELECT sid FROM ${sessions}) AND sid = ?`;

  return {
    async startSession({ sid, userId, createdAt, lastUsedAt }, { tokenHash, expiresAt }) {
      const ends = millisecondsOf(expiresAt);
      const began = [createdAt, lastUsedAt].map(millisecondsOf);
      await atomically(() => {
        write(`INSERT INTO ${sessions} VALUES (?, ?, ?, ?, ?)`, sid, userId, ...began, ends);
        write(addToken, tokenHash, sid, ends);
      });
    },
    async findToken(tokenHash) {
      const sql = `SELECT s.*, t.expires_at AS ends, t.spent_at AS spent
        FROM ${tokens} t JOIN ${sessions} s ON s.sid = t.sid WHERE t.token_hash = ?`;
      const [row] = rows(sql, tokenHash);
      return row === undefined ? null : tokenOf(tokenHash, row);
    },
    async spend({ tokenHash, session: { sid } }, successor, at, graceFrom) {
      const [ends, spentAt, grace] = [successor.expiresAt, at, graceFrom].map(millisecondsOf) as [
        number,
        number,
        number,
      ];
      return atomically(() => {
        const living = `token_hash = ? AND sid = (SELECT sid FROM ${sessions} WHERE sid = ?)`;
        const spend = `UPDATE ${tokens} SET spent_at = ? WHERE spent_at IS NULL AND ${living} RETURNING sid`;
        const isFresh = rows(spend, spentAt, tokenHash, sid).length === 1;
        const [token] = rows(`SELECT spent_at AS spent FROM ${tokens} WHERE ${living}`, tokenHash, sid);
        if (token === undefined) return "ended";
        if (!isFresh && instantOf(token.spent).getTime() < grace) return "reused";
        write(addToken, successor.tokenHash, sid, ends);
        const use = `UPDATE ${sessions} SET last_used_at = ?, expires_at = max(expires_at, ?) WHERE sid = ?`;
        write(use, spentAt, ends, sid);
        return isFresh ? "fresh" : "sibling";
      });
    },
    async endSession(sid, userId) {
      await atomically(() => {
        write(`DELETE FROM ${sessions} WHERE sid = ? AND user_id = ?`, sid, userId);
        write(dropTokens, sid);
      });
    },
    async endSessions(userId) {
      return atomically(() => {
        const ended = rows(`DELETE FROM ${sessions} WHERE user_id = ? RETURNING sid`, userId);
        const sids = ended.map(({ sid }) => sid as string);
        for (const sid of sids) write(dropTokens, sid);
        return sids;
      });
    },
    async sessions(userId, at) {
      const sql = `SELECT * FROM ${sessions} WHERE user_id = ? AND expires_at > ? ORDER BY last_used_at DESC`;
      return rows(sql, userId, millisecondsOf(at)).map(sessionOf);
    },
    async deleteExpired(at) {
      const now = millisecondsOf(at);
      const ended = await deleteEnded(runner, sessions, "sid", now, [tokens]);
      return ended + (await deleteEnded(runner, tokens, "token_hash", now));
    },
  };
}

function sessionOf({ sid, user_id, created_at, last_used_at }: Record<string, unknown>): Session {
  return {
    sid: sid as string,
    userId: user_id as string,
    createdAt: instantOf(created_at),
    lastUsedAt: instantOf(last_used_at),
  };
}

function tokenOf(tokenHash: string, row: Record<string, unknown>): StoredRefreshToken {
  return { tokenHash, session: sessionOf(row), expiresAt: instantOf(row.ends), spentAt: instantOrNull(row.spent) };
}

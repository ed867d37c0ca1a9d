import { issuedAtOrFirst, millisecondsOf } from "../shared/instant.ts";
import type { SqlBlocklist } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { spelled } from "../shared/text.ts";
import { runnerOf, type SqliteOptions } from "./database.ts";
import { deleteEnded } from "./deletion.ts";

/**
 * Revocations in a SQLite table: see {@link sqliteSchema}. For the processes of one machine. It answers at once, since
 * SQLite is no server.
 *
 * @throws TypeError when the database is none, or a table's name
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken, blocklist: sqliteBlocklist({ database }) });
 * ```
 */
export function sqliteBlocklist(options: SqliteOptions): SqlBlocklist {
  const runner = runnerOf("sqliteBlocklist", options);
  const { rows, write, atomically } = runner;
  const { revocations } = quotedTables("sqliteBlocklist", options.tables);
  const upsert = `INSERT INTO ${revocations} (kind, id, issued_up_to, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET issued_up_to = max(issued_up_to, excluded.issued_up_to),
      expires_at = max(expires_at, excluded.expires_at)`;
  const asked = `SELECT EXISTS (SELECT 1 FROM ${revocations} WHERE (kind = 'token' AND id = ?)
    OR (kind = 'session' AND id = ?) OR (kind = 'user' AND id = ? AND issued_up_to >= ?)) AS revoked`;
  const revoke = async (kind: string, id: string, upTo: Date | null, expiresAt: Date): Promise<void> => {
    const cut = upTo === null ? null : millisecondsOf(upTo);
    await atomically(() => write(upsert, kind, spelled(id), cut, millisecondsOf(expiresAt)));
  };

  return {
    revokeToken: (jti, expiresAt) => revoke("token", jti, null, expiresAt),
    revokeSession: (sid, expiresAt) => revoke("session", sid, null, expiresAt),
    revokeUser: (userId, issuedUpTo, expiresAt) => revoke("user", userId, issuedUpTo, expiresAt),
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const [token, session] = [jti, sid].map((id) => (id === null ? null : spelled(id))) as [
        string | null,
        string | null,
      ];
      const [row] = rows(asked, token, session, spelled(userId), issuedAtOrFirst(issuedAt));
      return ANSWERS.get(row?.revoked) as boolean;
    },
    async deleteExpired(at) {
      return deleteEnded(runner, revocations, "kind, id", millisecondsOf(at));
    },
  };
}

/** What SQLite has for true and false. */
const ANSWERS: ReadonlyMap<unknown, boolean> = new Map([
  [0, false],
  [1, true],
]);

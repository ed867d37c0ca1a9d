import type { OptionNames } from "../../shared/options.ts";
import { DELETION_OPTIONS, type DeletionOptions, deletingByItself } from "../shared/deletion.ts";
import { instantOrNull, issuedAtOrFirst, millisecondsOf } from "../shared/instant.ts";
import type { SqlBlocklist } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { spelled } from "../shared/text.ts";
import { flagOf } from "../shared/values.ts";
import { runnerOf, SQLITE_OPTIONS, type SqliteOptions } from "./database.ts";
import { deleteEnded } from "./deletion.ts";

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

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
export function sqliteBlocklist(options: SqliteOptions & DeletionOptions): SqlBlocklist {
  const runner = runnerOf("sqliteBlocklist", options, OPTIONS);
  const { read, write, atomically } = runner;
  const { revocations } = quotedTables("sqliteBlocklist", options.tables);
  // All rows in one statement, so that it stores all of them or none.
  const upsert = `INSERT INTO ${revocations} (kind, id, issued_up_to, expires_at)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), ?
    FROM json_each(?) WHERE true
    ON CONFLICT (kind, id) DO UPDATE SET issued_up_to = max(issued_up_to, excluded.issued_up_to),
      expires_at = max(expires_at, excluded.expires_at)`;
  const asked = `SELECT EXISTS (SELECT 1 FROM ${revocations} WHERE (kind = 'token' AND id = ?)
    OR (kind = 'session' AND id = ?) OR (kind = 'user' AND id = ? AND issued_up_to >= ?)) AS revoked`;
  const cutOf = `SELECT issued_up_to AS cut FROM ${revocations} WHERE kind = 'user' AND id = ?`;
  const revoke = async (expiresAt: Date, ...revoked: readonly Row[]): Promise<void> => {
    const rows = JSON.stringify(revoked.map(([kind, id, cut]) => [kind, spelled(id), cut]));
    const end = millisecondsOf(expiresAt);
    await atomically(() => write(upsert, end, rows));
  };

  const blocklist: SqlBlocklist = {
    revokeToken: (jti, expiresAt) => revoke(expiresAt, ["token", jti, null]),
    revokeSession: (sid, expiresAt) => revoke(expiresAt, ["session", sid, null]),
    revokeUser: async (userId, issuedUpTo, expiresAt, sids = []) => {
      const sessions = sids.map((sid): Row => ["session", sid, null]);
      await revoke(expiresAt, ["user", userId, millisecondsOf(issuedUpTo)], ...sessions);
    },
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const [token, session] = [jti, sid].map((id) => (id === null ? null : spelled(id))) as [
        string | null,
        string | null,
      ];
      const [row] = await read(asked, token, session, spelled(userId), issuedAtOrFirst(issuedAt));
      return flagOf(row?.revoked);
    },
    async revokedUpTo(userId) {
      return instantOrNull((await read(cutOf, spelled(userId)))[0]?.cut ?? null);
    },
    async deleteExpired(at) {
      return deleteEnded(runner, revocations, "kind, id", millisecondsOf(at));
    },
  };
  return deletingByItself("sqliteBlocklist", blocklist, options);
}

/** What is revoked: its kind, its id, and a user's cut. */
type Row = readonly [kind: "token" | "session" | "user", id: string, cut: number | null];

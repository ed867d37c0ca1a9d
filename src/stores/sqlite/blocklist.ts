import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { encodeId } from "../shared/ids.ts";
import { readDateOrNull, toIssuedMilliseconds, toMilliseconds } from "../shared/instants.ts";
import type { SqlBlocklist } from "../shared/sql.ts";
import { readFlag } from "../shared/values.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

/** A revocation to be stored. Only a user's has an instant up to which tokens are revoked. */
type Revoked = readonly [kind: "token" | "session" | "user", id: string, issuedUpTo: number | null];

/**
 * Revocations in a SQLite table (see {@link sqliteSchema}), for the processes of one machine.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken, blocklist: sqliteBlocklist({ database }) });
 * ```
 */
export function sqliteBlocklist(options: SqliteOptions & DeletionOptions): SqlBlocklist {
  const client = bindClient("sqliteBlocklist", options, OPTIONS);
  const { read, execute, transact } = client;
  const { revocations } = client.tables;
  const upsert = `INSERT INTO ${revocations} (kind, id, issued_up_to, expires_at)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), ?
    FROM json_each(?) WHERE true
    ON CONFLICT (kind, id) DO UPDATE SET issued_up_to = max(issued_up_to, excluded.issued_up_to),
      expires_at = max(expires_at, excluded.expires_at)`;
  const selectRevoked = `SELECT EXISTS (SELECT 1 FROM ${revocations} WHERE (kind = 'token' AND id = ?)
    OR (kind = 'session' AND id = ?) OR (kind = 'user' AND id = ? AND issued_up_to >= ?)) AS revoked`;
  const selectCut = `SELECT issued_up_to AS cut FROM ${revocations} WHERE kind = 'user' AND id = ?`;
  /** Stores all rows by one statement. */
  const revoke = async (expiresAt: Date, ...revoked: readonly Revoked[]): Promise<void> => {
    const rows = JSON.stringify(revoked.map(([kind, id, issuedUpTo]) => [kind, encodeId(id), issuedUpTo]));
    const ends = toMilliseconds(expiresAt);
    await transact(() => execute(upsert, ends, rows));
  };

  const getCutoff = createCutoff();
  const blocklist: SqlBlocklist = {
    revokeToken: (jti, expiresAt) => revoke(expiresAt, ["token", jti, null]),
    revokeSession: (sid, expiresAt) => revoke(expiresAt, ["session", sid, null]),
    async revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      const sessions = sids.map((sid): Revoked => ["session", sid, null]);
      await revoke(expiresAt, ["user", userId, toMilliseconds(issuedUpTo)], ...sessions);
    },
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const token = jti === null ? null : encodeId(jti);
      const session = sid === null ? null : encodeId(sid);
      const [row] = await read(selectRevoked, token, session, encodeId(userId), toIssuedMilliseconds(issuedAt));
      return readFlag(row?.revoked);
    },
    async revokedUpTo(userId) {
      const [row] = await read(selectCut, encodeId(userId));
      return readDateOrNull(row?.cut ?? null);
    },
    deleteExpired: async (at) => deleteExpiredRows(client, revocations, "kind, id", getCutoff(at).time),
  };
  return scheduleDeletion("sqliteBlocklist", blocklist, options);
}

import { issuedAtOrFirst, millisecondsOf } from "../shared/instant.ts";
import type { SqlBlocklist } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { spelled } from "../shared/text.ts";
import { at, type PostgresOptions, runnerOf } from "./client.ts";
import { deleteEnded } from "./deletion.ts";

/** On which Postgres says that there are revocations to be read. */
const CHANNEL = "hallpass_revocations";

/**
 * Revocations in a Postgres table: see {@link postgresSchema}. What a call has answered for survives a crash, as far as the
 * server's `synchronous_commit` says.
 *
 * @throws TypeError when the client is none, or a table's name
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken, blocklist: postgresBlocklist({ client: pool }) });
 * ```
 */
export function postgresBlocklist(options: PostgresOptions): SqlBlocklist {
  const run = runnerOf("postgresBlocklist", options);
  const { revocations } = quotedTables("postgresBlocklist", options.tables);
  const upsert = `WITH stored AS (INSERT INTO ${revocations} AS known (kind, id, user_id, issued_up_to, expires_at)
      VALUES ($1, $2, $3, ${at("$4")}, ${at("$5")})
      ON CONFLICT (kind, id) DO UPDATE SET txid = pg_current_xact_id(),
        issued_up_to = greatest(known.issued_up_to, excluded.issued_up_to),
        expires_at = greatest(known.expires_at, excluded.expires_at))
    SELECT pg_notify('${CHANNEL}', '')`;
  const revoke = async (kind: string, id: string, userId: string, upTo: Date | null, expiresAt: Date) => {
    const cut = upTo === null ? null : millisecondsOf(upTo);
    await run(upsert, kind, spelled(id), spelled(userId), cut, millisecondsOf(expiresAt));
  };

  return {
    revokeToken: (jti, expiresAt, userId) => revoke("token", jti, userId, null, expiresAt),
    revokeSession: (sid, expiresAt, userId) => revoke("session", sid, userId, null, expiresAt),
    revokeUser: (userId, issuedUpTo, expiresAt) => revoke("user", userId, userId, issuedUpTo, expiresAt),
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const sql = `SELECT EXISTS (SELECT 1 FROM ${revocations} WHERE (kind = 'token' AND id = $1)
        OR (kind = 'session' AND id = $2)
        OR (kind = 'user' AND id = $3 AND issued_up_to >= ${at("$4")})) AS revoked`;
      const ids = [jti, sid, userId].map((id) => (id === null ? null : spelled(id)));
      const [row] = await run(sql, ...ids, issuedAtOrFirst(issuedAt));
      return row?.revoked as boolean;
    },
    deleteExpired: async (now) => deleteEnded(run, revocations, "kind, id", millisecondsOf(now)),
  };
}

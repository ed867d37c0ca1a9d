import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import { readOneTimeToken, readOneTimeTry } from "../shared/rows.ts";
import type { SqlOneTimeStore } from "../shared/sql.ts";
import { bindClient, castToMilliseconds, castToTimestamp, POSTGRES_OPTIONS, type PostgresOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<PostgresOptions & DeletionOptions> = { ...POSTGRES_OPTIONS, ...DELETION_OPTIONS };

const COLUMNS = `digest, purpose, user_id, data, ${castToMilliseconds("valid_until")} AS ends`;

/**
 * Tokens and codes for one use in a Postgres table (see {@link postgresSchema}). Each step is one statement, so a pool
 * will do. What a call has confirmed survives a crash, as far as the server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = postgresOneTimeStore({ client: pool });
 * const resets = createOneTimeTokens({ store, purpose: "password-reset", lifetime: "1h" });
 * ```
 */
export function postgresOneTimeStore(options: PostgresOptions & DeletionOptions): SqlOneTimeStore {
  const { query, tables } = bindClient("postgresOneTimeStore", options, OPTIONS);
  const { oneTimeTokens } = tables;

  const getCutoff = createCutoff();
  const store: SqlOneTimeStore = {
    async put({ digest, purpose, userId, data, expiresAt }) {
      const sql = `INSERT INTO ${oneTimeTokens} AS known (purpose, user_id, digest, data, valid_until, expires_at)
        VALUES ($1, $2, $3, $4, ${castToTimestamp("$5")}, ${castToTimestamp("$5")})
        ON CONFLICT (purpose, user_id) DO UPDATE SET digest = excluded.digest, data = excluded.data,
          valid_until = excluded.valid_until, expires_at = greatest(excluded.valid_until, known.tries_until)`;
      await query(sql, purpose, userId, digest, data, toMilliseconds(expiresAt));
    },
    async find(digest) {
      const sql = `SELECT ${COLUMNS} FROM ${oneTimeTokens} WHERE digest = $1`;
      return readOneTimeToken((await query(sql, digest))[0]);
    },
    async take(digest) {
      // A call that finds the row locked waits. Then the row is gone, or has the digest of a later token.
      const sql = `DELETE FROM ${oneTimeTokens} WHERE digest = $1 RETURNING ${COLUMNS}`;
      return readOneTimeToken((await query(sql, digest))[0]);
    },
    async countTry(purpose, userId, at, until) {
      const [isOpen, ends] = [`tries_until > ${castToTimestamp("$3")}`, castToTimestamp("$4")];
      const sql = `UPDATE ${oneTimeTokens} SET tries = CASE WHEN ${isOpen} THEN tries + 1 ELSE 1 END,
          tries_until = CASE WHEN ${isOpen} THEN tries_until ELSE ${ends} END,
          expires_at = CASE WHEN ${isOpen} THEN expires_at ELSE greatest(valid_until, ${ends}) END
        WHERE purpose = $1 AND user_id = $2 RETURNING digest, tries`;
      return readOneTimeTry((await query(sql, purpose, userId, toMilliseconds(at), toMilliseconds(until)))[0]);
    },
    deleteExpired: async (at) => deleteExpiredRows(query, oneTimeTokens, "purpose, user_id", getCutoff(at)),
  };
  return scheduleDeletion("postgresOneTimeStore", store, options);
}

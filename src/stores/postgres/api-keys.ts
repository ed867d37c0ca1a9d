import type { OptionNames } from "../../shared/options.ts";
import { listApiKeyValues, readApiKey, readStoredApiKey } from "../shared/api-key-rows.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import type { SqlApiKeyStore } from "../shared/sql-api-keys.ts";
import { readInteger } from "../shared/values.ts";
import { bindClient, castToMilliseconds, castToTimestamp, POSTGRES_OPTIONS, type PostgresOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<PostgresOptions & DeletionOptions> = { ...POSTGRES_OPTIONS, ...DELETION_OPTIONS };

const COLUMNS = `id, user_id, label, hint, scopes, ${castToMilliseconds("created_at")} AS created,
  ${castToMilliseconds("expires_at")} AS ends, ${castToMilliseconds("last_used_at")} AS used, replaced_by`;

const INSERTED = `id, user_id, label, hint, scopes, created_at, expires_at, last_used_at, replaced_by, digest, slot`;

/** The parameters of a key that is added, from `$1` to `$10`. */
const VALUES = `$1, $2, $3, $4, $5, ${castToTimestamp("$6")}, ${castToTimestamp("$7")}, ${castToTimestamp("$8")}, $9, $10`;

/**
 * API keys in a Postgres table (see {@link postgresSchema}). Each step is one statement, so a pool will do. What a call
 * has confirmed survives a crash, as far as the server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const keys = createApiKeys({ store: postgresApiKeys({ client: pool }), prefix: "acme_live" });
 * ```
 */
export function postgresApiKeys(options: PostgresOptions & DeletionOptions): SqlApiKeyStore {
  const { query, tables } = bindClient("postgresApiKeys", options, OPTIONS);
  const { apiKeys } = tables;

  const getCutoff = createCutoff();
  const store: SqlApiKeyStore = {
    async insert(key, limit) {
      // By the caller's clock an expired key takes no place. It is deleted only if it has expired by the server's clock
      // too, because the caller's clock may be ahead.
      const expired = `user_id = $1 AND expires_at <= ${castToTimestamp("$2")}`;
      const sweep = `WITH gone AS (DELETE FROM ${apiKeys} WHERE ${expired} AND expires_at <= now())
        UPDATE ${apiKeys} SET slot = NULL WHERE ${expired} AND expires_at > now() AND slot IS NOT NULL`;
      await query(sweep, key.userId, toMilliseconds(key.createdAt));
      // Each of a user's keys has a slot of its own, so that concurrent calls can't add more keys than the limit. If
      // another call takes the slot first, another slot is tried. It is chosen at random, so that this is rare.
      const sql = `WITH taken AS (SELECT slot FROM ${apiKeys} WHERE user_id = $2 AND slot IS NOT NULL),
        free AS (
          SELECT slot FROM generate_series(1, $11::integer) AS slot
          WHERE slot NOT IN (SELECT slot FROM taken) AND (SELECT count(*) FROM taken) < $11::integer
          ORDER BY random() LIMIT 1),
        added AS (
          INSERT INTO ${apiKeys} (${INSERTED}) SELECT ${VALUES}, slot FROM free
          ON CONFLICT (user_id, slot) DO NOTHING RETURNING id)
        SELECT (SELECT count(*) FROM free)::integer AS free, (SELECT count(*) FROM added)::integer AS added`;
      for (;;) {
        const [row = {}] = await query(sql, ...listApiKeyValues(key), limit);
        if (readInteger(row.added) === 1) return true;
        if (readInteger(row.free) === 0) return false;
      }
    },
    async find(digest) {
      const [row] = await query(`SELECT ${COLUMNS}, digest FROM ${apiKeys} WHERE digest = $1`, digest);
      return readStoredApiKey(row);
    },
    async list(userId) {
      const sql = `SELECT ${COLUMNS} FROM ${apiKeys} WHERE user_id = $1 ORDER BY created_at DESC`;
      return (await query(sql, userId)).map(readApiKey);
    },
    async replace(id, endsAt, next) {
      // The next key takes over the slot, as it was before the update: RETURNING alone would give the slot after it.
      const sql = `WITH old AS (
          SELECT id, slot FROM ${apiKeys} WHERE id = $11 AND user_id = $2 AND replaced_by IS NULL FOR UPDATE),
        ended AS (
          UPDATE ${apiKeys} k SET expires_at = least(k.expires_at, ${castToTimestamp("$12")}), replaced_by = $1, slot = NULL
          FROM old WHERE k.id = old.id RETURNING old.slot)
        INSERT INTO ${apiKeys} (${INSERTED}) SELECT ${VALUES}, slot FROM ended RETURNING id`;
      return (await query(sql, ...listApiKeyValues(next), id, toMilliseconds(endsAt))).length === 1;
    },
    async revoke(userId, id) {
      const sql = `DELETE FROM ${apiKeys} WHERE id = $1 AND user_id = $2 RETURNING id`;
      return (await query(sql, id, userId)).length === 1;
    },
    async revokeAll(userId) {
      // While a statement waits for a key, that key may be replaced. The statement does not see its successor, but the
      // next statement does.
      const sql = `DELETE FROM ${apiKeys} WHERE user_id = $1 RETURNING id`;
      let deleted: number;
      do deleted = (await query(sql, userId)).length;
      while (deleted > 0);
    },
    async touch(userId, id, at) {
      const sql = `UPDATE ${apiKeys} SET last_used_at = greatest(last_used_at, ${castToTimestamp("$3")})
        WHERE id = $1 AND user_id = $2`;
      await query(sql, id, userId, toMilliseconds(at));
    },
    deleteExpired: async (at) => deleteExpiredRows(query, apiKeys, "id", getCutoff(at)),
  };
  return scheduleDeletion("postgresApiKeys", store, options);
}

import type { OptionNames } from "../../shared/options.ts";
import type { StoredApiKey } from "../contract.ts";
import { listApiKeyValues, readApiKey, readStoredApiKey } from "../shared/api-key-rows.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import type { SqlApiKeyStore } from "../shared/sql-api-keys.ts";
import { readInteger } from "../shared/values.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

const COLUMNS = `id, user_id, label, hint, scopes, created_at AS created, expires_at AS ends, last_used_at AS used,
  replaced_by`;

/**
 * API keys in a SQLite table (see {@link sqliteSchema}), for the processes of one machine.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const keys = createApiKeys({ store: sqliteApiKeys({ database }), prefix: "acme_live" });
 * ```
 */
export function sqliteApiKeys(options: SqliteOptions & DeletionOptions): SqlApiKeyStore {
  const client = bindClient("sqliteApiKeys", options, OPTIONS);
  const { read, query, transact } = client;
  const { apiKeys } = client.tables;
  const insertKey = (key: StoredApiKey): void => {
    const sql = `INSERT INTO ${apiKeys} (id, user_id, label, hint, scopes, created_at, expires_at, last_used_at,
      replaced_by, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`;
    query(sql, ...listApiKeyValues(key));
  };

  const getCutoff = createCutoff();
  const store: SqlApiKeyStore = {
    insert: (key, limit) =>
      transact(() => {
        const sql = `SELECT count(*) AS living FROM ${apiKeys}
          WHERE user_id = ? AND replaced_by IS NULL AND (expires_at IS NULL OR expires_at > ?)`;
        const [row] = query(sql, key.userId, toMilliseconds(key.createdAt));
        if (readInteger(row?.living) >= limit) return false;
        insertKey(key);
        return true;
      }),
    async find(digest) {
      const [row] = await read(`SELECT ${COLUMNS}, digest FROM ${apiKeys} WHERE digest = ?`, digest);
      return readStoredApiKey(row);
    },
    async list(userId) {
      const sql = `SELECT ${COLUMNS} FROM ${apiKeys} WHERE user_id = ? ORDER BY created_at DESC`;
      return (await read(sql, userId)).map(readApiKey);
    },
    replace: (id, endsAt, next) =>
      transact(() => {
        const end = toMilliseconds(endsAt);
        const sql = `UPDATE ${apiKeys} SET expires_at = min(coalesce(expires_at, ?), ?), replaced_by = ?
          WHERE id = ? AND user_id = ? AND replaced_by IS NULL RETURNING id`;
        if (query(sql, end, end, next.id, id, next.userId).length === 0) return false;
        insertKey(next);
        return true;
      }),
    revoke: (userId, id) =>
      transact(() => {
        const sql = `DELETE FROM ${apiKeys} WHERE id = ? AND user_id = ? RETURNING id`;
        return query(sql, id, userId).length === 1;
      }),
    revokeAll: (userId) =>
      transact(() => {
        query(`DELETE FROM ${apiKeys} WHERE user_id = ? RETURNING id`, userId);
      }),
    touch: (userId, id, at) =>
      transact(() => {
        const time = toMilliseconds(at);
        const sql = `UPDATE ${apiKeys} SET last_used_at = max(coalesce(last_used_at, ?), ?)
          WHERE id = ? AND user_id = ? RETURNING id`;
        query(sql, time, time, id, userId);
      }),
    deleteExpired: async (at) => deleteExpiredRows(client, apiKeys, "id", getCutoff(at).time),
  };
  return scheduleDeletion("sqliteApiKeys", store, options);
}

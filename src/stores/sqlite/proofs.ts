import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import type { SqlProofStore } from "../shared/sql-proofs.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<SqliteOptions & DeletionOptions> = { ...SQLITE_OPTIONS, ...DELETION_OPTIONS };

/**
 * Used DPoP proofs in a SQLite table (see {@link sqliteSchema}), for the processes of one machine. Every request with a
 * proof writes a row, so have expired rows deleted.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const proofs = sqliteProofs({ database, deleteExpired: { every: "1m" } });
 * const credential = dpop(accessToken, { origin: "https://api.example.com", proofs });
 * ```
 */
export function sqliteProofs(options: SqliteOptions & DeletionOptions): SqlProofStore {
  const client = bindClient("sqliteProofs", options, OPTIONS);
  const { proofs } = client.tables;
  const getCutoff = createCutoff();
  const store: SqlProofStore = {
    remember: (id, expiresAt) =>
      client.transact(() => {
        const sql = `INSERT INTO ${proofs} (id, expires_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING RETURNING 1`;
        return client.query(sql, id, toMilliseconds(expiresAt)).length === 1;
      }),
    deleteExpired: async (at) => deleteExpiredRows(client, proofs, "id", getCutoff(at).time),
  };
  return scheduleDeletion("sqliteProofs", store, options);
}

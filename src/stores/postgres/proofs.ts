import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { toMilliseconds } from "../shared/instants.ts";
import type { SqlProofStore } from "../shared/sql-proofs.ts";
import { bindClient, castToTimestamp, POSTGRES_OPTIONS, type PostgresOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";

const OPTIONS: OptionNames<PostgresOptions & DeletionOptions> = { ...POSTGRES_OPTIONS, ...DELETION_OPTIONS };

/**
 * Used DPoP proofs in a Postgres table (see {@link postgresSchema}). Each step is one statement, so a pool will do.
 * Every request with a proof writes a row, so have expired rows deleted.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const proofs = postgresProofs({ client: pool, deleteExpired: { every: "1m" } });
 * const credential = dpop(accessToken, { origin: "https://api.example.com", proofs });
 * ```
 */
export function postgresProofs(options: PostgresOptions & DeletionOptions): SqlProofStore {
  const { query, tables } = bindClient("postgresProofs", options, OPTIONS);
  const getCutoff = createCutoff();
  const store: SqlProofStore = {
    async remember(id, expiresAt) {
      // A call that finds the row of an open transaction waits for its end.
      const sql = `INSERT INTO ${tables.proofs} (id, expires_at) VALUES ($1, ${castToTimestamp("$2")})
        ON CONFLICT (id) DO NOTHING RETURNING 1`;
      return (await query(sql, id, toMilliseconds(expiresAt))).length === 1;
    },
    deleteExpired: async (at) => deleteExpiredRows(query, tables.proofs, "id", getCutoff(at)),
  };
  return scheduleDeletion("postgresProofs", store, options);
}

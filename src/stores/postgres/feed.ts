import type { Revocation, RevocationFeed } from "../contract.ts";
import { instantOf } from "../shared/instant.ts";
import { quotedTables } from "../shared/tables.ts";
import { unspelled } from "../shared/text.ts";
import { ms, type PostgresOptions, runnerOf } from "./client.ts";

/** What a Postgres feed is made of. */
export interface PostgresFeedOptions extends PostgresOptions {
  /**
   * Has it called when there is something to read, by a connection that listens on `hallpass_revocations`. Without it, or
   * while that connection is down, the feed looks every so often.
   */
  readonly wake?: (wake: () => void) => void;
}

/**
 * Revocations that a {@link postgresBlocklist} stores, read from its table. Give it a connection of its own: in the pool that
 * requests use, it would wait behind them just when the copy has to catch up.
 *
 * @throws TypeError when the client is none, or a table's name
 *
 * @example
 * ```ts
 * await listener.query("LISTEN hallpass_revocations"); // a Client of its own
 * const reader = new Pool({ max: 1 });
 * const feed = postgresRevocationFeed({ client: reader, wake: (wake) => listener.on("notification", wake) });
 * const blocklist = replicatedBlocklist({ store, feed });
 * ```
 */
export function postgresRevocationFeed(options: PostgresFeedOptions): RevocationFeed {
  const run = runnerOf("postgresRevocationFeed", options);
  const { revocations } = quotedTables("postgresRevocationFeed", options.tables);
  // A row may become visible after one of a later transaction. So reading goes on, not from the last row seen, but from
  // the first transaction that was still under way: some rows come twice, and none is left out.
  const sql = `SELECT snapshot.cursor, kind, id, ${ms("issued_up_to")} AS cut, ${ms("expires_at")} AS ends
    FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS cursor) AS snapshot
    LEFT JOIN ${revocations} ON txid >= $1::text::xid8`;
  let isWoken = false;
  let stopWaiting = (): void => undefined;
  options.wake?.(() => {
    isWoken = true;
    stopWaiting();
  });
  const woken = (waitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      timer.unref();
      stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    async read(cursor, waitMs) {
      if (cursor !== null && !isWoken) await woken(waitMs);
      isWoken = false;
      const rows = await run(sql, cursor ?? "0");
      const next = rows[0]?.cursor;
      if (typeof next !== "string") throw new TypeError("postgresRevocationFeed: Postgres gave no cursor");
      return { revocations: rows.filter(({ kind }) => kind !== null).map(revocationOf), cursor: next };
    },
  };
}

function revocationOf({ kind, id, cut, ends }: Record<string, unknown>): Revocation {
  const revoked = { id: unspelled(id as string), expiresAt: instantOf(ends) };
  if (kind === "user") return { kind, ...revoked, issuedUpTo: instantOf(cut) };
  return { kind: kind as "token" | "session", ...revoked };
}

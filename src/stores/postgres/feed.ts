import type { Revocation, RevocationFeed, RevocationPage } from "../contract.ts";
import { instantOf } from "../shared/instant.ts";
import { quotedTables } from "../shared/tables.ts";
import { unspelled } from "../shared/text.ts";
import { ms, type PostgresOptions, runnerOf } from "./client.ts";
import { BEGINNING, cursorOf, endOf, openIn, type Position, positionOf, type RowKey } from "./cursor.ts";

const PAGE = 2_000;
const LAST = 2n ** 64n - 1n;

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
 * requests use, it would wait behind them just when the copy has to catch up; and give it the primary, since a standby lags. A
 * server that was restarted, promoted or replaced, or a table that was restored, is read from the beginning.
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
  const sql = pageOf(revocations);
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

  const readFrom = async (at: Position): Promise<RevocationPage> => {
    const rows = await run(sql, ...parametersOf(at));
    const { life, seen } = rows[0] ?? {};
    if (typeof life !== "string" || typeof seen !== "string") {
      throw new TypeError("postgresRevocationFeed: Postgres gave no cursor");
    }
    const isGone = at.life !== null && (at.life !== life || endOf(seen) < endOf((at.round ?? at).seen));
    return isGone ? readFrom(BEGINNING) : pageFrom({ ...at, life }, seen, rows);
  };

  return {
    async read(cursor, waitMs) {
      if (cursor !== null && waitMs > 0 && !isWoken) await woken(waitMs);
      isWoken = false;
      return readFrom(positionOf(cursor));
    },
  };
}

/**
 * A round of several pages is followed by another, which alone may say that there is no more: a row may have moved, while
 * they were read, from where they had not come to where they had been. Then a transaction moved it that was open when the
 * round began, so that the next round finds it.
 */
function pageFrom(at: Position, seen: string, rows: readonly Record<string, unknown>[]): RevocationPage {
  const found = rows.filter(({ kind }) => kind !== null);
  const revocations = found.map(revocationOf);
  const begun = at.round?.seen ?? seen;
  if (found.length < PAGE) {
    return { revocations, cursor: cursorOf({ ...at, seen: begun, round: null }), more: at.round !== null };
  }
  const { txid, kind, id } = found.at(-1) as Record<string, string>;
  const after: RowKey = [txid as string, kind as string, id as string];
  return { revocations, cursor: cursorOf({ ...at, round: { seen: begun, after } }), more: true };
}

/**
 * What a snapshot did not show: the rows of transactions that were open then, and of all that began later. So an open
 * transaction costs nothing, however long ago it began. Rows that a dump brought with it have transactions of another
 * server, which may lie ahead: a load from the beginning reads them, and leaves those that ended a while ago.
 */
function pageOf(table: string): string {
  const row = "txid, kind, id, issued_up_to, expires_at";
  const current = "pg_current_snapshot()";
  const from = (parameter: string): string => `CASE WHEN open.xid = $2::text::xid8 THEN ${parameter} ELSE '' END`;
  // A server that only follows another knows of open transactions, but not which they are.
  const seen = `CASE WHEN pg_is_in_recovery() THEN concat(pg_snapshot_xmin(${current}), ':', pg_snapshot_xmin(${current}), ':')
    ELSE ${current}::text END`;
  // Every start, every promotion and every way to replace a table gives another of these, and any role may ask for them.
  const life = `concat_ws('/', extract(epoch FROM pg_postmaster_start_time()), pg_is_in_recovery(),
    pg_relation_filenode('${table}'::regclass))`;
  return `SELECT here.life, here.seen, page.txid::text, page.kind, page.id, ${ms("issued_up_to")} AS cut, ${ms("expires_at")} AS ends
  FROM (SELECT ${life} AS life, ${seen} AS seen) AS here
  LEFT JOIN LATERAL (
    (SELECT was.* FROM unnest($1::text::xid8[]) AS open (xid) CROSS JOIN LATERAL (
      SELECT ${row} FROM ${table}
      WHERE (txid, kind, id) > (open.xid, ${from("$3")}, ${from("$4")}) AND txid <= open.xid
      ORDER BY txid, kind, id LIMIT ${PAGE}) AS was WHERE open.xid >= $2::text::xid8)
    UNION ALL
    (SELECT ${row} FROM ${table} WHERE (txid, kind, id) > ($5::text::xid8, $6, $7)
      AND txid < CASE WHEN $8 THEN '${LAST}'::xid8 ELSE pg_snapshot_xmax(${current}) END
      AND (NOT $8 OR expires_at > now() - interval '10 minutes')
      ORDER BY txid, kind, id LIMIT ${PAGE})
    ORDER BY txid, kind, id LIMIT ${PAGE}
  ) AS page ON true
  ORDER BY page.txid, page.kind, page.id`;
}

function parametersOf({ seen, round }: Position): readonly unknown[] {
  const after: RowKey = round?.after ?? ["0", "", ""];
  const first: RowKey = BigInt(after[0]) < endOf(seen) ? [String(endOf(seen)), "", ""] : after;
  return [openIn(seen), ...after, ...first, seen === BEGINNING.seen];
}

function revocationOf({ kind, id, cut, ends }: Record<string, unknown>): Revocation {
  const revoked = { id: unspelled(id as string), expiresAt: instantOf(ends) };
  if (kind === "user") return { kind, ...revoked, issuedUpTo: instantOf(cut) };
  return { kind: kind as "token" | "session", ...revoked };
}

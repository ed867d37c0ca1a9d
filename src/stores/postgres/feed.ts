import { FEED_PAGE_SIZE } from "../../shared/limits.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { Revocation, RevocationFeed, RevocationPage } from "../contract.ts";
import { decodeId } from "../shared/ids.ts";
import { readDate } from "../shared/instants.ts";
import type { Row } from "../shared/rows.ts";
import { createAlarm } from "./alarm.ts";
import { bindQuery, castToMilliseconds, type PostgresClient, type Query } from "./client.ts";
import {
  BEGINNING,
  formatCursor,
  type Position,
  parseCursor,
  type RowKey,
  readOpenTransactions,
  readXmax,
} from "./cursor.ts";

const LAST_XID = 2n ** 64n - 1n;

/** Lets `replicatedBlocklist` follow a Postgres blocklist. */
export interface PostgresFeedOptions {
  /**
   * A client of its own, such as a Pool of one connection. In the pool that requests use, the feed would wait behind
   * them just when it has to catch up. It must connect to the same database, and to the primary, because a standby lags
   * behind.
   */
  readonly client: PostgresClient;
  /**
   * Listens on the blocklist's `channel` by a connection of yours, and calls `wake` at each notification. It is called
   * when the feed is read, until it has succeeded once; the read waits for it, and fails if it fails. None by default:
   * without it, or while that connection is down, the feed reads at intervals.
   */
  readonly listen?: (channel: string, wake: () => void) => unknown;
}

const OPTIONS: OptionNames<PostgresFeedOptions> = { client: "required", listen: "optional" };

/**
 * Checks the options of a feed and binds its client.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 */
export function checkFeedOptions(
  options: PostgresFeedOptions,
): { readonly read: Query } & Pick<PostgresFeedOptions, "listen"> {
  checkOptions("postgresBlocklist: feed", options, OPTIONS);
  const { client, listen } = options;
  if (listen !== undefined)
    checkFunction("postgresBlocklist: feed.listen", listen, "(channel, wake) => sql.listen(channel, wake)");
  return { read: bindQuery("postgresBlocklist", "feed.client", client), ...(listen && { listen }) };
}

/** What a feed reads from. */
export interface FeedSource {
  /** Runs statements by the client of the blocklist. */
  readonly write: Query;
  /** Runs statements by the client of the feed. */
  readonly read: Query;
  readonly table: string;
  readonly channel: string;
  readonly listen?: PostgresFeedOptions["listen"];
}

/**
 * Creates a feed of the revocations in a table. It reads from the beginning again once the server was restarted,
 * promoted or replaced, or the table was restored.
 */
export function createFeed({ write, read, table, channel, listen }: FeedSource): RevocationFeed {
  const selectPage = buildPageQuery(table);
  const selectLife = `SELECT ${buildLife(table)} AS life`;
  const alarm = createAlarm();
  let isListening = listen === undefined;

  const readFrom = async (from: Position): Promise<RevocationPage> => {
    const [own] = from.life === null ? await write(selectLife) : [from];
    const rows = await read(selectPage, ...listParameters(from));
    const { life, seen } = rows[0] ?? {};
    if (typeof life !== "string" || typeof seen !== "string")
      throw new TypeError("postgresBlocklist: Postgres gave no cursor");
    if (from.life === null && own?.life !== life) {
      throw new Error(
        "postgresBlocklist: feed.client does not read what client writes; " +
          "connect both to one database of one server, the primary",
      );
    }
    const isReplaced = own?.life !== life || readXmax(seen) < readXmax((from.round ?? from).seen);
    return isReplaced ? readFrom(BEGINNING) : createPage({ ...from, life }, seen, rows);
  };

  return {
    async read(cursor, waitMs) {
      if (!isListening) await listen?.(channel, alarm.wake);
      isListening = true;
      if (cursor !== null && waitMs > 0) await alarm.sleep(waitMs);
      return readFrom(parseCursor(cursor));
    },
  };
}

/**
 * Creates a page. Even the last page of a round of several pages says that there is more, so that another round
 * follows: during the round, an update may have moved a row to a place that was already read. The transaction that
 * moved the row was open when the round began, so the next round finds it.
 */
function createPage(from: Position, seen: string, rows: readonly Row[]): RevocationPage {
  const found = rows.filter(({ kind }) => kind !== null);
  const revocations = found.map(readRevocation);
  const begun = from.round?.seen ?? seen;
  if (found.length < FEED_PAGE_SIZE) {
    return { revocations, cursor: formatCursor({ ...from, seen: begun, round: null }), more: from.round !== null };
  }
  const { txid, kind, id } = found.at(-1) as Record<string, string>;
  const after: RowKey = [txid as string, kind as string, id as string];
  return { revocations, cursor: formatCursor({ ...from, round: { seen: begun, after } }), more: true };
}

/**
 * Builds the query of a page: the rows that a snapshot did not show. Those are the rows of transactions that were open
 * then, and of all that began later. So a long transaction costs nothing.
 *
 * Rows that were restored from a dump have transaction ids of another server, which may be higher than those of this
 * one. A load from the beginning reads them too, except those that expired more than a day ago. The copy drops the
 * other expired ones by its own clock, because the clock of the server may be wrong by hours.
 */
function buildPageQuery(table: string): string {
  const row = "txid, kind, id, issued_up_to, expires_at";
  const current = "pg_current_snapshot()";
  const from = (parameter: string): string => `CASE WHEN open.xid = $2::text::xid8 THEN ${parameter} ELSE '' END`;
  // A standby knows that there are open transactions, but not which.
  const seen = `CASE WHEN pg_is_in_recovery()
    THEN concat(pg_snapshot_xmin(${current}), ':', pg_snapshot_xmin(${current}), ':')
    ELSE ${current}::text END`;
  return `SELECT here.life, here.seen, page.txid::text, page.kind, page.id,
    ${castToMilliseconds("issued_up_to")} AS cut, ${castToMilliseconds("expires_at")} AS ends
  FROM (SELECT ${buildLife(table)} AS life, ${seen} AS seen) AS here
  LEFT JOIN LATERAL (
    (SELECT was.* FROM unnest($1::text::xid8[]) AS open (xid) CROSS JOIN LATERAL (
      SELECT ${row} FROM ${table}
      WHERE (txid, kind, id) > (open.xid, ${from("$3")}, ${from("$4")}) AND txid <= open.xid
      ORDER BY txid, kind, id LIMIT ${FEED_PAGE_SIZE}) AS was WHERE open.xid >= $2::text::xid8)
    UNION ALL
    (SELECT ${row} FROM ${table} WHERE (txid, kind, id) > ($5::text::xid8, $6, $7)
      AND txid < CASE WHEN $8 THEN '${LAST_XID}'::xid8 ELSE pg_snapshot_xmax(${current}) END
      AND (NOT $8 OR expires_at > now() - interval '1 day')
      ORDER BY txid, kind, id LIMIT ${FEED_PAGE_SIZE})
    ORDER BY txid, kind, id LIMIT ${FEED_PAGE_SIZE}
  ) AS page ON true
  ORDER BY page.txid, page.kind, page.id`;
}

/**
 * Builds the text that identifies a server and a table. It changes with every start, every promotion and every way to
 * replace a table, and any role may read it.
 */
function buildLife(table: string): string {
  return `concat_ws('/', extract(epoch FROM pg_postmaster_start_time()), pg_is_in_recovery(),
    (SELECT oid FROM pg_database WHERE datname = current_database()), pg_relation_filenode('${table}'::regclass))`;
}

/** Lists the parameters of the page after a position. */
function listParameters({ seen, round }: Position): readonly unknown[] {
  const after: RowKey = round?.after ?? ["0", "", ""];
  const first: RowKey = BigInt(after[0]) < readXmax(seen) ? [String(readXmax(seen)), "", ""] : after;
  return [readOpenTransactions(seen), ...after, ...first, seen === BEGINNING.seen];
}

function readRevocation({ kind, id, cut, ends }: Row): Revocation {
  const revoked = { id: decodeId(id as string), expiresAt: readDate(ends) };
  if (kind === "user") return { kind, ...revoked, issuedUpTo: readDate(cut) };
  return { kind: kind as "token" | "session", ...revoked };
}

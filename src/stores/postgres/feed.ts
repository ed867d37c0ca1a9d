import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { Revocation, RevocationFeed, RevocationPage } from "../contract.ts";
import { instantOf } from "../shared/instant.ts";
import { unspelled } from "../shared/text.ts";
import { alarm } from "./alarm.ts";
import { ms, type PostgresClient, type Run, runnerBy } from "./client.ts";
import { BEGINNING, cursorOf, endOf, openIn, type Position, positionOf, type RowKey } from "./cursor.ts";

const PAGE = 2_000;
const LAST = 2n ** 64n - 1n;

/** What `replicatedBlocklist` follows a Postgres blocklist by. */
export interface PostgresFeedOptions {
  /**
   * A client of its own, such as a Pool of one connection: in the pool that requests use, it would wait behind them just when
   * the copy has to catch up. Of the same server and database, and of the primary, since a standby lags.
   */
  readonly client: PostgresClient;
  /**
   * Has `wake` called when there is something to read, by a connection that listens on the blocklist's `channel`. It is
   * called once, when the feed is first read, which waits for it and fails with it. Without it, or while that connection is
   * down, the feed looks every so often.
   */
  readonly listen?: (channel: string, wake: () => void) => unknown;
}

const OPTIONS: OptionNames<PostgresFeedOptions> = { client: "required", listen: "optional" };

/** The options of a feed, once they are known to be some. */
export function feedSettings(
  options: PostgresFeedOptions,
): { readonly read: Run } & Pick<PostgresFeedOptions, "listen"> {
  checkOptions("postgresBlocklist: feed", options, OPTIONS);
  const { client, listen } = options;
  if (listen !== undefined)
    checkFunction("postgresBlocklist: feed.listen", listen, "(channel, wake) => sql.listen(channel, wake)");
  return { read: runnerBy("postgresBlocklist", "feed.client", client), ...(listen && { listen }) };
}

/** Where a feed reads, and how it is told when to. */
export interface FeedSource {
  /** Runs statements as the blocklist does. */
  readonly write: Run;
  /** Runs statements by the connection that reads. */
  readonly read: Run;
  readonly table: string;
  readonly channel: string;
  readonly listen?: PostgresFeedOptions["listen"];
}

/**
 * Revocations that a Postgres blocklist stores, read from its table. A server that was restarted, promoted or replaced, or a
 * table that was restored, is read from the beginning.
 */
export function feedOf({ write, read, table, channel, listen }: FeedSource): RevocationFeed {
  const sql = pageOf(table);
  const life = `SELECT ${lifeOf(table)} AS life`;
  const { wake, awaited } = alarm();
  let isListening = listen === undefined;

  const readFrom = async (at: Position): Promise<RevocationPage> => {
    const [own] = at.life === null ? await write(life) : [at];
    const rows = await read(sql, ...parametersOf(at));
    const { life: its, seen } = rows[0] ?? {};
    if (typeof its !== "string" || typeof seen !== "string")
      throw new TypeError("postgresBlocklist: Postgres gave no cursor");
    if (at.life === null && own?.life !== its) {
      throw new Error(
        "postgresBlocklist: feed.client does not read what client writes; connect both to one database of one server, the primary",
      );
    }
    const isGone = own?.life !== its || endOf(seen) < endOf((at.round ?? at).seen);
    return isGone ? readFrom(BEGINNING) : pageFrom({ ...at, life: its }, seen, rows);
  };

  return {
    async read(cursor, waitMs) {
      if (!isListening) await listen?.(channel, wake);
      isListening = true;
      if (cursor !== null && waitMs > 0) await awaited(waitMs);
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
 * server, which may lie ahead: a load from the beginning reads them, and leaves those that ended a day ago. The copy leaves
 * what ended later, by its own clock: that of the server may be wrong by hours.
 */
function pageOf(table: string): string {
  const row = "txid, kind, id, issued_up_to, expires_at";
  const current = "pg_current_snapshot()";
  const from = (parameter: string): string => `CASE WHEN open.xid = $2::text::xid8 THEN ${parameter} ELSE '' END`;
  // A server that only follows another knows of open transactions, but not which they are.
  const seen = `CASE WHEN pg_is_in_recovery() THEN concat(pg_snapshot_xmin(${current}), ':', pg_snapshot_xmin(${current}), ':')
    ELSE ${current}::text END`;
  return `SELECT here.life, here.seen, page.txid::text, page.kind, page.id, ${ms("issued_up_to")} AS cut, ${ms("expires_at")} AS ends
  FROM (SELECT ${lifeOf(table)} AS life, ${seen} AS seen) AS here
  LEFT JOIN LATERAL (
    (SELECT was.* FROM unnest($1::text::xid8[]) AS open (xid) CROSS JOIN LATERAL (
      SELECT ${row} FROM ${table}
      WHERE (txid, kind, id) > (open.xid, ${from("$3")}, ${from("$4")}) AND txid <= open.xid
      ORDER BY txid, kind, id LIMIT ${PAGE}) AS was WHERE open.xid >= $2::text::xid8)
    UNION ALL
    (SELECT ${row} FROM ${table} WHERE (txid, kind, id) > ($5::text::xid8, $6, $7)
      AND txid < CASE WHEN $8 THEN '${LAST}'::xid8 ELSE pg_snapshot_xmax(${current}) END
      AND (NOT $8 OR expires_at > now() - interval '1 day')
      ORDER BY txid, kind, id LIMIT ${PAGE})
    ORDER BY txid, kind, id LIMIT ${PAGE}
  ) AS page ON true
  ORDER BY page.txid, page.kind, page.id`;
}

/** Every start, every promotion and every way to replace a table gives another of these, and any role may ask for them. */
function lifeOf(table: string): string {
  return `concat_ws('/', extract(epoch FROM pg_postmaster_start_time()), pg_is_in_recovery(),
    (SELECT oid FROM pg_database WHERE datname = current_database()), pg_relation_filenode('${table}'::regclass))`;
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

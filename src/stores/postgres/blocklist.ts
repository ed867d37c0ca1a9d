import type { OptionNames } from "../../shared/options.ts";
import { createCutoff } from "../shared/cutoff.ts";
import { DELETION_OPTIONS, type DeletionOptions, scheduleDeletion } from "../shared/deletion.ts";
import { encodeId } from "../shared/ids.ts";
import { readDateOrNull, toIssuedMilliseconds, toMilliseconds } from "../shared/instants.ts";
import type { SqlBlocklist } from "../shared/sql.ts";
import { readFlag } from "../shared/values.ts";
import { bindClient, castToMilliseconds, castToTimestamp, POSTGRES_OPTIONS, type PostgresOptions } from "./client.ts";
import { deleteExpiredRows } from "./deletion.ts";
import { checkFeedOptions, createFeed, type PostgresFeedOptions } from "./feed.ts";
import { createNotifier } from "./notifier.ts";

/** The options of {@link postgresBlocklist}. */
export interface PostgresBlocklistOptions extends PostgresOptions, DeletionOptions {
  /**
   * The channel that is notified (NOTIFY) when there is something to read for a feed: lower-case letters, digits and
   * `_`. `"hallpass_revocations"` by default.
   */
  readonly channel?: string;
  /**
   * Lets `replicatedBlocklist` follow this blocklist: it reads the table, whichever process writes to it. None by
   * default.
   */
  readonly feed?: PostgresFeedOptions;
}

const OPTIONS: OptionNames<PostgresBlocklistOptions> = {
  ...POSTGRES_OPTIONS,
  ...DELETION_OPTIONS,
  channel: "optional",
  feed: "optional",
};

/** A name in lower case is the same channel whether LISTEN quotes it or not. */
const CHANNEL = /^[a-z_][a-z0-9_]{0,62}$/;

/** A revocation to be stored. Only a user's has an instant up to which tokens are revoked. */
interface Revoked {
  readonly kind: "token" | "session" | "user";
  readonly id: string;
  readonly cut?: number;
}

/**
 * Revocations in a Postgres table (see {@link postgresSchema}). What a call has confirmed survives a crash, as far as
 * the server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken, blocklist: postgresBlocklist({ client: pool }) });
 * ```
 */
export function postgresBlocklist(options: PostgresBlocklistOptions): SqlBlocklist {
  const { query, tables } = bindClient("postgresBlocklist", options, OPTIONS);
  const channel = checkChannel(options);
  const feed = options.feed === undefined ? undefined : checkFeedOptions(options.feed);
  const { revocations } = tables;
  const upsert = `INSERT INTO ${revocations} AS known (kind, id, user_id, issued_up_to, expires_at)
    SELECT kind, id, $2, ${castToTimestamp("cut")}, ${castToTimestamp("$3")}
    FROM json_to_recordset($1::text::json) AS revoked(kind text, id text, cut float8)
    ON CONFLICT (kind, id) DO UPDATE SET txid = pg_current_xact_id(),
      issued_up_to = greatest(known.issued_up_to, excluded.issued_up_to),
      expires_at = greatest(known.expires_at, excluded.expires_at)`;
  const selectRevoked = `SELECT EXISTS (SELECT 1 FROM ${revocations} WHERE (kind = 'token' AND id = $1)
    OR (kind = 'session' AND id = $2)
    OR (kind = 'user' AND id = $3 AND issued_up_to >= ${castToTimestamp("$4")})) AS revoked`;
  const selectCut = `SELECT ${castToMilliseconds("issued_up_to")} AS cut FROM ${revocations}
    WHERE kind = 'user' AND id = $1`;
  const notify = createNotifier(query, channel);
  /** Stores all rows by one statement. */
  const revoke = async (userId: string, expiresAt: Date, ...revoked: readonly Revoked[]): Promise<void> => {
    const rows = JSON.stringify(revoked.map((one) => ({ ...one, id: encodeId(one.id) })));
    await query(upsert, rows, encodeId(userId), toMilliseconds(expiresAt));
    notify();
  };

  const getCutoff = createCutoff();
  const blocklist: SqlBlocklist = {
    revokeToken: (jti, expiresAt, userId) => revoke(userId, expiresAt, { kind: "token", id: jti }),
    revokeSession: (sid, expiresAt, userId) => revoke(userId, expiresAt, { kind: "session", id: sid }),
    async revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      const sessions = [...new Set(sids)].map((sid): Revoked => ({ kind: "session", id: sid }));
      await revoke(userId, expiresAt, { kind: "user", id: userId, cut: toMilliseconds(issuedUpTo) }, ...sessions);
    },
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const token = jti === null ? null : encodeId(jti);
      const session = sid === null ? null : encodeId(sid);
      const [row] = await query(selectRevoked, token, session, encodeId(userId), toIssuedMilliseconds(issuedAt));
      return readFlag(row?.revoked);
    },
    async revokedUpTo(userId) {
      const [row] = await query(selectCut, encodeId(userId));
      return readDateOrNull(row?.cut ?? null);
    },
    deleteExpired: async (at) => deleteExpiredRows(query, revocations, "kind, id", getCutoff(at)),
    ...(feed && { revocationFeed: () => createFeed({ ...feed, write: query, table: revocations, channel }) }),
  };
  return scheduleDeletion("postgresBlocklist", blocklist, options);
}

function checkChannel({ channel = "hallpass_revocations" }: PostgresBlocklistOptions): string {
  if (typeof channel === "string" && CHANNEL.test(channel)) return channel;
  throw new TypeError("postgresBlocklist: channel must be a name of small letters, digits and _, 63 at the most");
}

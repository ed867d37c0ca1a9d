import type { OptionNames } from "../../shared/options.ts";
import { DELETION_OPTIONS, type DeletionOptions, deletingByItself } from "../shared/deletion.ts";
import { instantOrNull, issuedAtOrFirst, millisecondsOf } from "../shared/instant.ts";
import type { SqlBlocklist } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { spelled } from "../shared/text.ts";
import { flagOf } from "../shared/values.ts";
import { at, ms, POSTGRES_OPTIONS, type PostgresOptions, runnerOf } from "./client.ts";
import { deleteEnded } from "./deletion.ts";
import { feedOf, feedSettings, type PostgresFeedOptions } from "./feed.ts";
import { notifierOf } from "./notifier.ts";

/** What a Postgres blocklist is made of. */
export interface PostgresBlocklistOptions extends PostgresOptions, DeletionOptions {
  /**
   * The channel on which it says, by NOTIFY, that there is something to read for a feed. Small letters, digits and _.
   * `"hallpass_revocations"` by default.
   */
  readonly channel?: string;
  /** What `replicatedBlocklist` follows it by. What is published is the table, whichever process writes to it. */
  readonly feed?: PostgresFeedOptions;
}

const OPTIONS: OptionNames<PostgresBlocklistOptions> = {
  ...POSTGRES_OPTIONS,
  ...DELETION_OPTIONS,
  channel: "optional",
  feed: "optional",
};

// In small letters, it is the same channel whether LISTEN quotes it or not.
const CHANNEL = /^[a-z_][a-z0-9_]{0,62}$/;

/** What is revoked: its kind, its id, and a user's cut. */
interface Row {
  readonly kind: "token" | "session" | "user";
  readonly id: string;
  readonly cut?: number;
}

/**
 * Revocations in a Postgres table: see {@link postgresSchema}. What a call has answered for survives a crash, as far as the
 * server's `synchronous_commit` says.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken, blocklist: postgresBlocklist({ client: pool }) });
 * ```
 */
export function postgresBlocklist(options: PostgresBlocklistOptions): SqlBlocklist {
  const run = runnerOf("postgresBlocklist", options, OPTIONS);
  const channel = channelOf(options);
  const feed = options.feed === undefined ? undefined : feedSettings(options.feed);
  const { revocations } = quotedTables("postgresBlocklist", options.tables);
  // All rows in one statement, so that it stores all of them or none.
  const upsert = `INSERT INTO ${revocations} AS known (kind, id, user_id, issued_up_to, expires_at)
    SELECT kind, id, $2, ${at("cut")}, ${at("$3")}
    FROM json_to_recordset($1::text::json) AS revoked(kind text, id text, cut float8)
    ON CONFLICT (kind, id) DO UPDATE SET txid = pg_current_xact_id(),
      issued_up_to = greatest(known.issued_up_to, excluded.issued_up_to),
      expires_at = greatest(known.expires_at, excluded.expires_at)`;
  const cutOf = `SELECT ${ms("issued_up_to")} AS cut FROM ${revocations} WHERE kind = 'user' AND id = $1`;
  const notify = notifierOf(run, channel);
  const revoke = async (userId: string, expiresAt: Date, ...revoked: readonly Row[]): Promise<void> => {
    await run(upsert, JSON.stringify(revoked), spelled(userId), millisecondsOf(expiresAt));
    notify();
  };

  const blocklist: SqlBlocklist = {
    revokeToken: (jti, expiresAt, userId) => revoke(userId, expiresAt, { kind: "token", id: spelled(jti) }),
    revokeSession: (sid, expiresAt, userId) => revoke(userId, expiresAt, { kind: "session", id: spelled(sid) }),
    revokeUser: async (userId, issuedUpTo, expiresAt, sids = []) => {
      const user = { kind: "user", id: spelled(userId), cut: millisecondsOf(issuedUpTo) } as const;
      const sessions = [...new Set(sids)].map((sid): Row => ({ kind: "session", id: spelled(sid) }));
      await revoke(userId, expiresAt, user, ...sessions);
    },
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const sql = `SELECT EXISTS (SELECT 1 FROM ${revocations} WHERE (kind = 'token' AND id = $1)
        OR (kind = 'session' AND id = $2)
        OR (kind = 'user' AND id = $3 AND issued_up_to >= ${at("$4")})) AS revoked`;
      const ids = [jti, sid, userId].map((id) => (id === null ? null : spelled(id)));
      const [row] = await run(sql, ...ids, issuedAtOrFirst(issuedAt));
      return flagOf(row?.revoked);
    },
    async revokedUpTo(userId) {
      const [row] = await run(cutOf, spelled(userId));
      return instantOrNull(row?.cut ?? null);
    },
    deleteExpired: async (now) => deleteEnded(run, revocations, "kind, id", millisecondsOf(now)),
    ...(feed && { revocationFeed: () => feedOf({ ...feed, write: run, table: revocations, channel }) }),
  };
  return deletingByItself("postgresBlocklist", blocklist, options);
}

function channelOf({ channel = "hallpass_revocations" }: PostgresBlocklistOptions): string {
  if (typeof channel === "string" && CHANNEL.test(channel)) return channel;
  throw new TypeError("postgresBlocklist: channel must be a name of small letters, digits and _, 63 at the most");
}

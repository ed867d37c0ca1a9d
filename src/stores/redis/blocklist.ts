import { systemClock } from "../../shared/clock.ts";
import { checkFunction, type OptionNames } from "../../shared/options.ts";
import type { Blocklist, Revocation } from "../contract.ts";
import { encodeId } from "../shared/ids.ts";
import { readDate, toMilliseconds } from "../shared/instants.ts";
import { bindClient, getUserPrefix, REDIS_OPTIONS, type RedisOptions } from "./client.ts";
import { checkFeedOptions, createFeed, type RedisFeedOptions } from "./feed.ts";
import { createReplyError, readStrings } from "./replies.ts";
import { createRevoker, type Mark } from "./revoke.ts";
import { formatRevocation } from "./stream.ts";

/** The options of {@link redisBlocklist}. */
export interface RedisBlocklistOptions extends RedisOptions {
  /**
   * The clock by which entries are kept: milliseconds since 1970. `Date.now` by default. Where the server's own clock
   * would keep an entry longer, the server's clock counts.
   */
  readonly now?: () => number;
  /**
   * Lets `replicatedBlocklist` follow this blocklist. None by default. As soon as one process has it, every process
   * that revokes under the prefix publishes its revocations, with or without `feed`.
   */
  readonly feed?: RedisFeedOptions;
}

const OPTIONS: OptionNames<RedisBlocklistOptions> = { ...REDIS_OPTIONS, now: "optional", feed: "optional" };

const CUT = /^-?\d{1,16}$/;

/**
 * Revocations in Redis or Valkey. An entry is removed when the last token that it revokes has expired. Redis has to
 * keep what it is given: without `maxmemory-policy noeviction` a full server forgets revocations, and without
 * `appendonly yes` a restarted one. A server that fails over to a replica loses what had not reached the replica.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const blocklist = redisBlocklist({ send: (...command) => client.call(...command) });
 * const guard = createGuard({ token: accessToken, blocklist });
 * ```
 */
export function redisBlocklist(options: RedisBlocklistOptions): Blocklist {
  const client = bindClient("redisBlocklist", options, OPTIONS);
  const { send, prefix } = client;
  const { now = systemClock } = options;
  checkFunction("redisBlocklist: now", now, "such as Date.now");
  const feed = options.feed === undefined ? undefined : checkFeedOptions(options.feed, options.send);
  const revoke = createRevoker(send, prefix, now, feed?.retentionMs ?? 0);
  const getUserKey = (userId: string): string => `${getUserPrefix(prefix, userId)}:revoked`;
  const getTokenKey = (userId: string, jti: string): string => `${getUserKey(userId)}:token:${encodeId(jti)}`;
  const getSessionKey = (userId: string, sid: string): string => `${getUserKey(userId)}:session:${encodeId(sid)}`;
  const createMark = (kind: Exclude<Revocation["kind"], "user">, userId: string, id: string, ends: number): Mark => {
    const key = kind === "token" ? getTokenKey(userId, id) : getSessionKey(userId, id);
    return { key, value: 1, entry: formatRevocation(kind, id, ends, null) };
  };

  return {
    async revokeToken(jti, expiresAt, userId) {
      const ends = toMilliseconds(expiresAt);
      await revoke(ends, [createMark("token", userId, jti, ends)]);
    },
    async revokeSession(sid, expiresAt, userId) {
      const ends = toMilliseconds(expiresAt);
      await revoke(ends, [createMark("session", userId, sid, ends)]);
    },
    async revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      const [ends, cut] = [toMilliseconds(expiresAt), toMilliseconds(issuedUpTo)];
      const user = { key: getUserKey(userId), value: cut, entry: formatRevocation("user", userId, ends, cut) };
      await revoke(ends, [user, ...sids.map((sid) => createMark("session", userId, sid, ends))]);
    },
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const keys = [
        getUserKey(userId),
        ...(jti === null ? [] : [getTokenKey(userId, jti)]),
        ...(sid === null ? [] : [getSessionKey(userId, sid)]),
      ];
      const [cut = null, ...revocations] = readStrings(await send("MGET", ...keys), keys.length);
      const isCut = cut !== null && !(issuedAt.getTime() > readCut(cut));
      return isCut || revocations.some((revocation) => revocation !== null);
    },
    async revokedUpTo(userId) {
      const [cut = null] = readStrings(await send("MGET", getUserKey(userId)), 1);
      return cut === null ? null : readDate(readCut(cut));
    },
    ...(feed && { revocationFeed: () => createFeed(client, feed) }),
  };
}

/** Reads the instant up to which a user's tokens are revoked. */
function readCut(cut: string): number {
  if (!CUT.test(cut)) throw createReplyError();
  return Number(cut);
}

import { systemClock } from "../../shared/clock.ts";
import { checkFunction, type OptionNames } from "../../shared/options.ts";
import type { Blocklist, Revocation } from "../contract.ts";
import { instantOf, millisecondsOf } from "../shared/instant.ts";
import { spelled } from "../shared/text.ts";
import { keysOf, nonsense, REDIS_OPTIONS, type RedisOptions, redisSettings, textsOf } from "./client.ts";
import { feedOf, feedSettings, type RedisFeedOptions } from "./feed.ts";
import { type Marked, revokerOf } from "./revoke.ts";
import { entryOf } from "./stream.ts";

/** What a Redis blocklist is made of. */
export interface RedisBlocklistOptions extends RedisOptions {
  /**
   * The clock by which entries are kept, unless the server's own keeps them longer: milliseconds since 1970, like `Date.now`,
   * which is the default.
   */
  readonly now?: () => number;
  /**
   * What `replicatedBlocklist` follows it by. From when the first process has it, every process that revokes under the
   * prefix publishes too, with it or without.
   */
  readonly feed?: RedisFeedOptions;
}

const OPTIONS: OptionNames<RedisBlocklistOptions> = { ...REDIS_OPTIONS, now: "optional", feed: "optional" };

/**
 * Revocations in Redis or Valkey. An entry leaves with the last token it revokes. Redis must be told to keep what it is
 * given: `maxmemory-policy noeviction`, or a full server forgets revocations; `appendonly yes`, or a restarted one does;
 * and one that fails over to a replica loses what had not reached it.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const blocklist = redisBlocklist({ send: (...command) => client.call(...command) });
 * const guard = createGuard({ token: accessToken, blocklist });
 * ```
 */
export function redisBlocklist(options: RedisBlocklistOptions): Blocklist {
  const settings = redisSettings("redisBlocklist", options, OPTIONS);
  const { send, prefix } = settings;
  const { now = systemClock } = options;
  checkFunction("redisBlocklist: now", now, "such as Date.now");
  const feed = options.feed === undefined ? undefined : feedSettings(options.feed, options.send);
  const revoke = revokerOf(send, prefix, now, feed?.retentionMs ?? 0);
  const tokenKey = (userId: string, jti: string): string => `${keysOf(prefix, userId)}:revoked:token:${spelled(jti)}`;
  const sessionKey = (userId: string, sid: string): string =>
    `${keysOf(prefix, userId)}:revoked:session:${spelled(sid)}`;
  const userKey = (userId: string): string => `${keysOf(prefix, userId)}:revoked`;
  const mark = (kind: Exclude<Revocation["kind"], "user">, userId: string, id: string, ends: number): Marked => {
    const key = kind === "token" ? tokenKey(userId, id) : sessionKey(userId, id);
    return { key, value: 1, entry: entryOf(kind, id, ends, null) };
  };

  return {
    async revokeToken(jti, expiresAt, userId) {
      const ends = millisecondsOf(expiresAt);
      await revoke(ends, [mark("token", userId, jti, ends)]);
    },
    async revokeSession(sid, expiresAt, userId) {
      const ends = millisecondsOf(expiresAt);
      await revoke(ends, [mark("session", userId, sid, ends)]);
    },
    async revokeUser(userId, issuedUpTo, expiresAt, sids = []) {
      const [ends, cut] = [millisecondsOf(expiresAt), millisecondsOf(issuedUpTo)];
      const user = { key: userKey(userId), value: cut, entry: entryOf("user", userId, ends, cut) };
      await revoke(ends, [user, ...sids.map((sid) => mark("session", userId, sid, ends))]);
    },
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const keys = [
        userKey(userId),
        ...(jti === null ? [] : [tokenKey(userId, jti)]),
        ...(sid === null ? [] : [sessionKey(userId, sid)]),
      ];
      const [cut = null, ...revocations] = textsOf(await send("MGET", ...keys), keys.length);
      const isCut = cut !== null && !(issuedAt.getTime() > numberOf(cut));
      return isCut || revocations.some((revocation) => revocation !== null);
    },
    async revokedUpTo(userId) {
      const [cut = null] = textsOf(await send("MGET", userKey(userId)), 1);
      return cut === null ? null : instantOf(numberOf(cut));
    },
    ...(feed && { revocationFeed: () => feedOf(settings, feed) }),
  };
}

function numberOf(cut: string): number {
  if (!/^-?\d{1,16}$/.test(cut)) throw nonsense();
  return Number(cut);
}

import { systemClock } from "../../shared/clock.ts";
import type { Blocklist, Revocation } from "../contract.ts";
import { millisecondsOf } from "../shared/instant.ts";
import { spelled } from "../shared/text.ts";
import { keysOf, nonsense, type RedisOptions, redisSettings, textsOf, ttlOf } from "./client.ts";
import { publisher } from "./feed.ts";

/** What a Redis blocklist is made of. */
export interface RedisBlocklistOptions extends RedisOptions {
  /** The clock by which entries are kept: milliseconds since 1970, like `Date.now`, which is the default. */
  readonly now?: () => number;
  /**
   * Writes revocations to a stream too, for {@link redisRevocationFeed}, and keeps them there for so many milliseconds: at
   * least as long as your longest-lived access token. Not written by default.
   */
  readonly feedRetentionMs?: number;
}

// What is stored stays stored for at least as long, and a user's cut never moves back.
const REVOKE = `
local known = redis.call('GET', KEYS[1])
local value = ARGV[1]
if known and tonumber(known) > tonumber(value) then value = known end
local ttl = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[2]))
redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', ttl))
return 'OK'`;

const CUT = /^-?\d{1,16}$/;

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
  const { send, prefix } = redisSettings("redisBlocklist", options);
  const { now = systemClock } = options;
  const publish = publisher(send, prefix, now, options.feedRetentionMs);
  const revoke = async (key: string, value: number, revocation: Revocation): Promise<void> => {
    const ttl = ttlOf(now(), millisecondsOf(revocation.expiresAt));
    if (ttl === 0) return;
    if ((await send("EVAL", REVOKE, "1", key, String(value), String(ttl))) !== "OK") throw nonsense();
    await publish(revocation);
  };
  const tokenKey = (userId: string, jti: string): string => `${keysOf(prefix, userId)}:revoked:token:${spelled(jti)}`;
  const sessionKey = (userId: string, sid: string): string =>
    `${keysOf(prefix, userId)}:revoked:session:${spelled(sid)}`;
  const userKey = (userId: string): string => `${keysOf(prefix, userId)}:revoked`;

  return {
    revokeToken: (id, expiresAt, userId) => revoke(tokenKey(userId, id), 1, { kind: "token", id, expiresAt }),
    revokeSession: (id, expiresAt, userId) => revoke(sessionKey(userId, id), 1, { kind: "session", id, expiresAt }),
    revokeUser: (id, issuedUpTo, expiresAt) =>
      revoke(userKey(id), millisecondsOf(issuedUpTo), { kind: "user", id, issuedUpTo, expiresAt }),
    async isRevoked({ jti, sid, userId, issuedAt }) {
      const keys = [
        userKey(userId),
        ...(jti === null ? [] : [tokenKey(userId, jti)]),
        ...(sid === null ? [] : [sessionKey(userId, sid)]),
      ];
      const [cut = null, ...revocations] = textsOf(await send("MGET", ...keys), keys.length);
      if (cut !== null && !CUT.test(cut)) throw nonsense();
      const isCut = cut !== null && !(issuedAt.getTime() > Number(cut));
      return isCut || revocations.some((revocation) => revocation !== null);
    },
  };
}

import type { RefreshStore, Session, SpendOutcome } from "../contract.ts";
import { instantOf, millisecondsOf } from "../shared/instant.ts";
import { keysOf, nonsense, type RedisOptions, redisSettings, textsOf, ttlOf } from "./client.ts";

// A user's sessions are one hash: a session's id, and when it was created, last used, and will have ended.
const LENGTHEN = `
local function lengthen(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
end
local function add(key, sid, expiresAt, ttl)
  redis.call('HSET', key, 'sid', sid, 'expiresAt', expiresAt, 'spentAt', '')
  redis.call('PEXPIRE', key, ttl)
end`;

const START = `${LENGTHEN}
local known = redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  if cjson.decode(known[i + 1])[3] <= tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], known[i]) end
end
redis.call('HSET', KEYS[1], ARGV[1], '[' .. ARGV[2] .. ',' .. ARGV[3] .. ',' .. ARGV[4] .. ']')
lengthen(KEYS[1], ARGV[5])
add(KEYS[2], ARGV[1], ARGV[4], ARGV[5])
return 'OK'`;

const FIND = `
local session = redis.call('HGET', KEYS[1], ARGV[1])
local token = redis.call('HMGET', KEYS[2], 'sid', 'expiresAt', 'spentAt')
if not session or token[1] ~= ARGV[1] then return false end
return { session, token[2], token[3] }`;

const SPEND = `${LENGTHEN}
local session = redis.call('HGET', KEYS[1], ARGV[1])
local token = redis.call('HMGET', KEYS[2], 'sid', 'spentAt')
if not session or token[1] ~= ARGV[1] then return 'ended' end
local isFresh = token[2] == ''
if not isFresh and tonumber(token[2]) < tonumber(ARGV[3]) then return 'reused' end
if isFresh then redis.call('HSET', KEYS[2], 'spentAt', ARGV[2]) end
local known = cjson.decode(session)
local ends = math.max(known[3], tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], ARGV[1], string.format('[%.0f,%s,%.0f]', known[1], ARGV[2], ends))
lengthen(KEYS[1], ARGV[5])
add(KEYS[3], ARGV[1], ARGV[4], ARGV[5])
return isFresh and 'fresh' or 'sibling'`;

const END_ALL = `
local sids = redis.call('HKEYS', KEYS[1])
redis.call('DEL', KEYS[1])
return sids`;

const LIST = `return redis.call('HGETALL', KEYS[1])`;

const OUTCOMES: ReadonlySet<unknown> = new Set<SpendOutcome>(["fresh", "sibling", "reused", "ended"]);

/**
 * Sessions in Redis or Valkey. All of one user's are in one slot of a cluster, and every step is one script. Sessions and
 * tokens leave by themselves once they have ended. Redis must be told to keep what it is given: see
 * {@link redisBlocklist}; a session that it forgets has ended.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const store = redisRefreshStore({ send: (...command) => client.call(...command) });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function redisRefreshStore(options: RedisOptions): RefreshStore {
  const { send, prefix } = redisSettings("redisRefreshStore", options);
  const run = (script: string, keys: readonly string[], ...values: (string | number)[]): Promise<unknown> =>
    send("EVAL", script, String(keys.length), ...keys, ...values.map(String));
  const sessionsKey = (userId: string): string => `${keysOf(prefix, userId)}:sessions`;
  const tokenKey = (userId: string, hash: string): string => `${keysOf(prefix, userId)}:token:${hash}`;
  const ownerKey = (hash: string): string => `${prefix}owner:${hash}`;
  /** Who a token belongs to is kept by itself, since from the token alone nobody can tell the user's slot. */
  const nameOwner = async ({ userId, sid }: Session, hash: string, ttl: number): Promise<void> => {
    const owner = JSON.stringify([userId, sid]);
    if ((await send("SET", ownerKey(hash), owner, "PX", String(ttl))) !== "OK") throw nonsense();
  };

  return {
    async startSession(session, { tokenHash, expiresAt }) {
      const { sid, userId } = session;
      const [created, used, ends] = [session.createdAt, session.lastUsedAt, expiresAt].map(millisecondsOf) as Instants;
      const ttl = ttlOf(used, ends);
      if (ttl === 0) return;
      await nameOwner(session, tokenHash, ttl);
      const keys = [sessionsKey(userId), tokenKey(userId, tokenHash)];
      if ((await run(START, keys, sid, created, used, ends, ttl)) !== "OK") throw nonsense();
    },
    async findToken(tokenHash) {
      const owner = ownerOf(await send("GET", ownerKey(tokenHash)));
      if (owner === null) return null;
      const [userId, sid] = owner;
      const reply = await run(FIND, [sessionsKey(userId), tokenKey(userId, tokenHash)], sid);
      if (reply === null) return null;
      const [stored, ends, spent] = textsOf(reply, 3);
      const { session } = sessionOf(userId, sid, stored);
      return { tokenHash, session, expiresAt: dateOf(ends), spentAt: spent === "" ? null : dateOf(spent) };
    },
    async spend({ tokenHash, session }, successor, at, graceFrom) {
      const { sid, userId } = session;
      const [spentAt, grace, ends] = [at, graceFrom, successor.expiresAt].map(millisecondsOf) as Instants;
      const ttl = Math.max(ttlOf(spentAt, ends), 1);
      await nameOwner(session, successor.tokenHash, ttl);
      const keys = [sessionsKey(userId), tokenKey(userId, tokenHash), tokenKey(userId, successor.tokenHash)];
      const outcome = await run(SPEND, keys, sid, spentAt, grace, ends, ttl);
      if (!OUTCOMES.has(outcome)) throw nonsense();
      return outcome as SpendOutcome;
    },
    async endSession(sid, userId) {
      if (typeof (await send("HDEL", sessionsKey(userId), sid)) !== "number") throw nonsense();
    },
    async endSessions(userId) {
      return textList(await run(END_ALL, [sessionsKey(userId)]));
    },
    async sessions(userId, at) {
      const listed = textList(await run(LIST, [sessionsKey(userId)]));
      const now = millisecondsOf(at);
      return listed
        .flatMap((sid, index) => (index % 2 === 0 ? [sessionOf(userId, sid, listed[index + 1])] : []))
        .filter(({ expiresAt }) => expiresAt > now)
        .map(({ session }) => session)
        .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
    },
  };
}

type Instants = [number, number, number];

function sessionOf(userId: string, sid: string, stored: unknown): { session: Session; expiresAt: number } {
  const known = parsed(stored);
  if (!Array.isArray(known) || known.length !== 3) throw nonsense();
  const [createdAt, lastUsedAt, expiresAt] = known.map(instantOf) as [Date, Date, Date];
  return { session: { sid, userId, createdAt, lastUsedAt }, expiresAt: expiresAt.getTime() };
}

function ownerOf(reply: unknown): [userId: string, sid: string] | null {
  if (reply === null) return null;
  const owner = parsed(reply);
  if (!Array.isArray(owner) || owner.length !== 2 || !owner.every((it) => typeof it === "string")) throw nonsense();
  return owner as [string, string];
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    throw nonsense();
  }
}

function dateOf(text: string | null | undefined): Date {
  return instantOf(text === null || text === "" ? null : Number(text));
}

function textList(reply: unknown): readonly string[] {
  if (!Array.isArray(reply) || !reply.every((it) => typeof it === "string")) throw nonsense();
  return reply as string[];
}

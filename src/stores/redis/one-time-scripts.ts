// The token or code of a purpose and user is one hash, with `digest`, `data` and `ends`. Once it was tried, it also has
// `tries` and `until`. Once it was taken, it has only `digest`, `data`, `ends` and `claim`, for a minute: a client that
// lost its connection may send the same command again, and has to get the same reply.

const SHARED = `
local function lengthen(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
end`;

/** Stores a token or code. Replies with the digest of the one before. */
export const PUT: string = `${SHARED}
local digest, data, ends, ttl = unpack(ARGV)
local before = redis.call('HGET', KEYS[1], 'digest')
redis.call('HDEL', KEYS[1], 'claim')
redis.call('HSET', KEYS[1], 'digest', digest, 'data', data, 'ends', ends)
lengthen(KEYS[1], ttl)
return before`;

/** Finds a token or code, if it still has the digest and nobody has claimed it. Replies with `data` and `ends`. */
export const FIND = `
local digest, data, ends, claim = unpack(redis.call('HMGET', KEYS[1], 'digest', 'data', 'ends', 'claim'))
if digest ~= ARGV[1] or claim then return false end
return { data, ends }`;

/** Takes a token or code, if it still has the digest and nobody else has claimed it. Replies with `data` and `ends`. */
export const TAKE = `
local digest, data, ends, claim = unpack(redis.call('HMGET', KEYS[1], 'digest', 'data', 'ends', 'claim'))
if digest ~= ARGV[1] or (claim and claim ~= ARGV[2]) then return false end
redis.call('HSET', KEYS[1], 'claim', ARGV[2])
redis.call('HDEL', KEYS[1], 'tries', 'until')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { data, ends }`;

/** Counts a try. Replies with the digest and the count. */
export const COUNT_TRY: string = `${SHARED}
local at, ends, ttl = unpack(ARGV)
local digest, opened, claim = unpack(redis.call('HMGET', KEYS[1], 'digest', 'until', 'claim'))
if not digest or claim then return false end
if opened and tonumber(opened) > tonumber(at) then return { digest, redis.call('HINCRBY', KEYS[1], 'tries', 1) } end
redis.call('HSET', KEYS[1], 'tries', 1, 'until', ends)
lengthen(KEYS[1], ttl)
return { digest, 1 }`;

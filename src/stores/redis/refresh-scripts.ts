// The sessions of a user are one hash, whose fields are their ids. A value begins with `+` while the session lives, and
// with another character once it was ended. A JSON list follows, of which the scripts read three items: when the
// session expires [1], when it was last used [2], and its family [3].

const SHARED = `
local function read(text) return cjson.decode(string.sub(text, 2)) end
local function lives(text) return string.sub(text, 1, 1) == '+' end
local function lengthen(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
end
local function finish(key, sid, text, state)
  if not lives(text) then return string.sub(text, 1, 1) end
  redis.call('HSET', key, sid, state .. string.sub(text, 2))
  return state
end`;

/**
 * Begins a session, and deletes those over the limit. Replies with id and family of each. It also deletes those that
 * have expired by the server's clock and by the writer's.
 */
export const START: string = `${SHARED}
local sid, text, endings, limit, now, ttl = unpack(ARGV)
if tonumber(redis.call('GET', KEYS[2]) or 0) > tonumber(endings) then return false end
local deleted, others = {}, {}
local known, server = redis.call('HGETALL', KEYS[1]), redis.call('TIME')[1] * 1000
for i = 1, #known, 2 do
  local session = read(known[i + 1])
  if session[1] <= tonumber(now) then
    if session[1] <= server then redis.call('HDEL', KEYS[1], known[i]) end
  elseif lives(known[i + 1]) then others[#others + 1] = { known[i], session[2], session[3] } end
end
table.sort(others, function(a, b) return a[2] > b[2] end)
for i = tonumber(limit), #others do
  redis.call('HDEL', KEYS[1], others[i][1])
  deleted[#deleted + 1] = others[i][1]
  deleted[#deleted + 1] = others[i][3]
end
redis.call('HSET', KEYS[1], sid, text)
lengthen(KEYS[1], ttl)
return deleted`;

/** Replaces a session, if its text is still the one that was read. */
export const REPLACE: string = `${SHARED}
local sid, text, following, ttl = unpack(ARGV)
if redis.call('HGET', KEYS[1], sid) ~= text or not lives(text) then return 0 end
redis.call('HSET', KEYS[1], sid, following)
lengthen(KEYS[1], ttl)
return 1`;

/** Ends a session. Replies with its state. */
export const END: string = `${SHARED}
local text = redis.call('HGET', KEYS[1], ARGV[1])
return text and finish(KEYS[1], ARGV[1], text, ARGV[2])`;

/** Ends all sessions except one, which lives on. Replies with id and state of each. */
export const END_ALL: string = `${SHARED}
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
local known = redis.call('HGETALL', KEYS[1])
local ended = {}
for i = 1, #known, 2 do
  if known[i] ~= ARGV[2] or not lives(known[i + 1]) then
    ended[#ended + 1] = known[i]
    ended[#ended + 1] = finish(KEYS[1], known[i], known[i + 1], 'l')
  end
end
return ended`;

/** Deletes sessions that were ended. Replies with id and family of each. */
export const REMOVE: string = `${SHARED}
local deleted = {}
for _, sid in ipairs(ARGV) do
  local text = redis.call('HGET', KEYS[1], sid)
  if text and not lives(text) then
    redis.call('HDEL', KEYS[1], sid)
    deleted[#deleted + 1] = sid
    deleted[#deleted + 1] = read(text)[3]
  end
end
return deleted`;

/** Lists all sessions. It is a script, because some clients return the reply of a bare HGETALL as a map. */
export const LIST = `return redis.call('HGETALL', KEYS[1])`;

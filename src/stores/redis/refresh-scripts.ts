// A user's sessions are one hash: the fields are their ids. A value begins with `+` where the session lives, and with
// another character where it was ended; behind it is a JSON list, of which these scripts read [1], when the session ends,
// [2], when it was last used, and [3], its family.

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

/** Begins a session, and deletes what has expired and what is over the limit: id and family of each. */
export const START: string = `${SHARED}
local sid, text, endings, limit, now, ttl = unpack(ARGV)
if tonumber(redis.call('GET', KEYS[2]) or 0) > tonumber(endings) then return false end
local deleted, others = {}, {}
local known = redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  local session = read(known[i + 1])
  if session[1] <= tonumber(now) then redis.call('HDEL', KEYS[1], known[i])
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

/** Replaces a session, where it is still, to the letter, as it was read. */
export const REPLACE: string = `${SHARED}
local sid, text, following, ttl = unpack(ARGV)
if redis.call('HGET', KEYS[1], sid) ~= text or not lives(text) then return 0 end
redis.call('HSET', KEYS[1], sid, following)
lengthen(KEYS[1], ttl)
return 1`;

/** Ends a session, and gives the state that it is in then. */
export const END: string = `${SHARED}
local text = redis.call('HGET', KEYS[1], ARGV[1])
return text and finish(KEYS[1], ARGV[1], text, ARGV[2])`;

/** Ends all sessions: id and state of each. */
export const END_ALL: string = `${SHARED}
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
local known = redis.call('HGETALL', KEYS[1])
local ended = {}
for i = 1, #known, 2 do
  ended[#ended + 1] = known[i]
  ended[#ended + 1] = finish(KEYS[1], known[i], known[i + 1], 'l')
end
return ended`;

/** Deletes sessions that were ended: id and family of each. */
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

// The keys of a user are one hash, whose fields are their ids. A value is two JSON lists with a line break between
// them. The scripts read and write the first: when the key expires [1], when it was last used [2], and the key that it
// was replaced by [3], with `false` for none. The second has all that never changes.

const SHARED = `
local function read(text)
  local cut = string.find(text, '\\n', 1, true)
  return cjson.decode(string.sub(text, 1, cut - 1)), string.sub(text, cut)
end
local function write(key, id, head, rest)
  redis.call('HSET', key, id, cjson.encode(head) .. rest)
end
local function add(key, id, text, ttl)
  local isNew = redis.call('EXISTS', key) == 0
  redis.call('HSET', key, id, text)
  local left = redis.call('PTTL', key)
  if ttl == '' then redis.call('PERSIST', key)
  elseif isNew or (left >= 0 and left < tonumber(ttl)) then redis.call('PEXPIRE', key, ttl) end
end`;

/** Adds a key, unless there are too many. Forgets those that have expired by the server's clock and by the writer's. */
export const INSERT: string = `${SHARED}
local id, text, limit, now, ttl = unpack(ARGV)
local known, living, server = redis.call('HGETALL', KEYS[1]), 0, redis.call('TIME')[1] * 1000
for i = 1, #known, 2 do
  local head = read(known[i + 1])
  if head[1] and head[1] <= tonumber(now) then
    if head[1] <= server then redis.call('HDEL', KEYS[1], known[i]) end
  elseif not head[3] then living = living + 1 end
end
if living >= tonumber(limit) then return 0 end
add(KEYS[1], id, text, ttl)
return 1`;

/** Replaces a key, if it was not replaced before. */
export const REPLACE: string = `${SHARED}
local id, ends, nextId, text, ttl = unpack(ARGV)
local old = redis.call('HGET', KEYS[1], id)
if not old then return 0 end
local head, rest = read(old)
if head[3] then return 0 end
if not head[1] or head[1] > tonumber(ends) then head[1] = tonumber(ends) end
head[3] = nextId
write(KEYS[1], id, head, rest)
add(KEYS[1], nextId, text, ttl)
return 1`;

/** Stores when a key was last used, unless a later instant is stored. */
export const TOUCH: string = `${SHARED}
local id, at = ARGV[1], tonumber(ARGV[2])
local text = redis.call('HGET', KEYS[1], id)
if not text then return 0 end
local head, rest = read(text)
if head[2] and head[2] >= at then return 0 end
head[2] = at
write(KEYS[1], id, head, rest)
return 1`;

/** Lists all keys. It is a script, because some clients return the reply of a bare HGETALL as a map. */
export const LIST = `return redis.call('HGETALL', KEYS[1])`;

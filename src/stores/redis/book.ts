/** How long the stream keeps entries beyond its retention, and what clocks may differ by. */
export const HOUR = 3_600_000;

/**
 * What the scripts share that write the book. `kept` is for how long the stream keeps entries: 0 where nobody follows, so
 * that nothing is published. `last` is then an id that no entry can have, so that whoever follows later finds out that some
 * revocations were not published, and until when they count: `ends`. A book that was lost is begun again, with another
 * `life`, from the newest entry.
 */
export const BOOK: string = `
local function text(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(stream, book, retention, life)
  local known, last, ends, kept = unpack(redis.call('HMGET', book, 'life', 'last', 'ends', 'kept'))
  kept = math.max(tonumber(kept or 0), retention)
  if known then return known, last, tonumber(ends), kept end
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if not newest then return life, '0-0', 0, kept end
  return life, newest[1], math.max(cjson.decode(newest[2][2])[3], tonumber(newest[2][6])), kept
end
local function write(book, life, last, ends, kept, ttl)
  redis.call('HSET', book, 'life', life, 'last', last, 'ends', text(ends), 'kept', text(kept))
  if kept > 0 then redis.call('PERSIST', book)
  else redis.call('PEXPIRE', book, text(math.max(redis.call('PTTL', book), ttl))) end
end`;

/** Says that somebody follows, so that from then on whoever revokes publishes. Replies with the life of the book. */
export const ANNOUNCE: string = `${BOOK}
local life, last, ends, kept = read(KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2])
write(KEYS[2], life, last, ends, kept)
return life`;

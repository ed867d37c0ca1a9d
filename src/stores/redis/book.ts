/**
 * Functions of the scripts that write the book, a hash beside the stream:
 *
 * - `life` identifies the book. A book that was lost is begun again from the newest entry, with another `life`.
 * - `kept` is for how long the stream keeps entries. It is 0 while nobody follows, and then nothing is published.
 * - `last` is the id of the newest entry. While nothing is published it is an id that no entry can have, so that
 *   whoever follows later notices that revocations are missing.
 * - `ends` is when the last revocation of all expires.
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

/**
 * Records that somebody follows: from then on, every process that revokes publishes. Replies with the life of the book.
 */
export const ANNOUNCE: string = `${BOOK}
local life, last, ends, kept = read(KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2])
write(KEYS[2], life, last, ends, kept)
return life`;

// A series is one hash: `next`, and its `terms`. A list is one hash: its pages, each as hex, by their numbers.

/** Gives out places. Replies with the first one, and the terms that were stored first. */
export const ALLOCATE = `
redis.call('HSETNX', KEYS[1], 'terms', ARGV[2])
local next = redis.call('HINCRBY', KEYS[1], 'next', ARGV[1])
return { string.format('%.0f', next - ARGV[1]), redis.call('HGET', KEYS[1], 'terms') }`;

/** Reads a list. By itself HGETALL would reply with a map to some clients, and with a list to others. */
export const READ = `return redis.call('HGETALL', KEYS[1])`;

/**
 * Marks indices. ARGV[1] is a page without marks. For each index, three arguments follow: its page, the digit in the
 * page, and the bit in the digit.
 */
export const MARK = `
for at = 2, #ARGV, 3 do
  local page, digit, bits = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local hex = redis.call('HGET', KEYS[1], page) or ARGV[1]
  local marked = string.format('%x', bit.bor(tonumber(string.sub(hex, digit, digit), 16), bits))
  redis.call('HSET', KEYS[1], page, string.sub(hex, 1, digit - 1) .. marked .. string.sub(hex, digit + 1))
end
return 1`;

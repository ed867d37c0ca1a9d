import { nonsense, type RedisSend } from "./client.ts";
import { streamKeys } from "./stream.ts";

/** For how much longer than it counts something is kept, since the clocks of the server and of its clients differ. */
const MARGIN = 60_000;
const HOUR = 3_600_000;

/**
 * Publishes revocations and stores them, in one step. The keys are those of what is revoked, then the stream and its book,
 * either of which may be left out. The server's clock decides what leaves the stream, and none of the two clocks alone
 * decides that a revocation has ended. What is stored stays stored for at least as long, and a cut never moves back.
 */
const REVOKE = `
local ends, writer, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local retention = tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
local ttl = ends - math.min(now, writer) + ${MARGIN}
if ttl <= 0 then return 'OK' end
local stream, book = KEYS[count + 1], KEYS[count + 2]
if stream then
  local kept = retention + ${HOUR}
  if ends > now + kept then return text(ends - now) end
  local life, last, most = unpack(redis.call('HMGET', book, 'life', 'last', 'ends'))
  if not life then
    local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    life, last, most = ARGV[5], newest and newest[1] or '0-0', newest and now + kept or 0
  end
  local oldest = text(math.max(0, now - kept - ${HOUR}))
  for nth = 6 + count, #ARGV do
    last = redis.call('XADD', stream, 'MINID', '~', oldest, '*',
      'revocation', ARGV[nth], 'after', last, 'until', text(most))
    most = math.max(most, ends)
  end
  redis.call('HSET', book, 'life', life, 'last', last, 'ends', text(most))
end
for nth = 1, count do
  local key, value = KEYS[nth], ARGV[5 + nth]
  local known = redis.call('GET', key)
  if known and tonumber(known) > tonumber(value) then value = known end
  redis.call('SET', key, value, 'PX', text(math.max(redis.call('PTTL', key), ttl)))
end
return 'OK'`;

/** What is to be stored: where, with which value, and how the stream says it. */
export interface Marked {
  readonly key: string;
  readonly value: number;
  readonly entry: string;
}

/** Stores revocations that end at an instant, all or none of them. */
export type Revoke = (ends: number, marked: readonly Marked[]) => Promise<void>;

/**
 * Binds a client to the step that stores revocations and, where a retention is given, publishes them. In a cluster the
 * stream and the keys are on different nodes, so that it is two steps: publishing first, since what was published and is
 * not stored refuses too much, and what was stored and is not published refuses too little.
 */
export function revokerOf(send: RedisSend, prefix: string, now: () => number, retentionMs: number | undefined): Revoke {
  let isSplit = false;
  const step = async (ends: number, stored: readonly Marked[], published: readonly Marked[]): Promise<void> => {
    const keys = [...stored.map(({ key }) => key), ...(published.length > 0 ? streamKeys(prefix) : [])];
    const numbers = [ends, now(), stored.length, retentionMs ?? 0].map(String);
    const values = stored.map(({ value }) => String(value));
    const entries = published.map(({ entry }) => entry);
    const life = crypto.randomUUID();
    const reply = await send("EVAL", REVOKE, String(keys.length), ...keys, ...numbers, life, ...values, ...entries);
    if (reply !== "OK") throw refusalOf(reply);
  };
  return async (ends, marked) => {
    if (retentionMs === undefined) return step(ends, marked, []);
    if (!isSplit) {
      try {
        return await step(ends, marked, marked);
      } catch (error) {
        if (!/CROSSSLOT/.test(String((error as { message?: unknown } | undefined)?.message))) throw error;
        isSplit = true;
      }
    }
    await step(ends, [], marked);
    await step(ends, marked, []);
  };
}

function refusalOf(reply: unknown): Error {
  if (typeof reply !== "string" || !/^\d+$/.test(reply)) return nonsense();
  return new RangeError(
    `redisBlocklist: this revocation counts for ${reply} ms and would outlive the feed; make feedRetentionMs at least ${reply}`,
  );
}

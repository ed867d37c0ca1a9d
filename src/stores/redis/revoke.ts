import { BOOK, HOUR } from "./book.ts";
import { nonsense, type RedisSend } from "./client.ts";
import { streamKeys } from "./stream.ts";

/** For how much longer than it counts something is kept, since the clocks of the server and of its clients differ. */
const MARGIN = 60_000;

/**
 * Publishes revocations, where anybody follows, and stores them, in one step. The keys are those of what is revoked, then
 * the stream and its book, which may be left out. The server's clock decides what leaves the stream, and none of the two
 * clocks alone decides that a revocation has ended. What is stored stays stored for at least as long, and a cut never
 * moves back.
 */
const REVOKE = `${BOOK}
local ends, writer, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ttl = ends - math.min(now, writer) + ${MARGIN}
if ttl <= 0 then return 'OK' end
local stream, book = KEYS[count + 1], KEYS[count + 2]
if stream then
  local life, last, most, kept = read(stream, book, tonumber(ARGV[4]), ARGV[5])
  if kept == 0 then
    last, most = '0-1', math.max(most, ends)
  elseif ends > now + kept + ${HOUR} then
    return text(ends - now)
  else
    local oldest = text(math.max(0, now - kept - ${2 * HOUR}))
    for nth = 6 + count, #ARGV do
      last = redis.call('XADD', stream, 'MINID', '~', oldest, '*',
        'revocation', ARGV[nth], 'after', last, 'until', text(most))
      most = math.max(most, ends)
    end
  end
  write(book, life, last, most, kept, ttl)
end
for nth = 1, count do
  local key, value = KEYS[nth], ARGV[5 + nth]
  local known = redis.call('GET', key)
  if known and tonumber(known) > tonumber(value) then value = known end
  redis.call('SET', key, value, 'PX', text(math.max(redis.call('PTTL', key), ttl)))
end
return 'OK'`;

/** How servers and proxies say that the keys of one command are on different nodes. */
const IS_SPLIT = /CROSSSLOT|same (hash )?slot/i;

/** What is to be stored: where, with which value, and how the stream says it. */
export interface Marked {
  readonly key: string;
  readonly value: number;
  readonly entry: string;
}

/** Stores revocations that end at an instant, all or none of them. */
export type Revoke = (ends: number, marked: readonly Marked[]) => Promise<void>;

/**
 * Binds a client to the step that stores revocations and publishes them: where it has a retention, or where anybody else
 * has one. In a cluster the stream and the keys are on different nodes, so that it is two steps: publishing first, since
 * what was published and is not stored refuses too much, and what was stored and is not published refuses too little.
 *
 * @param retentionMs - 0 where this process does not follow
 */
export function revokerOf(send: RedisSend, prefix: string, now: () => number, retentionMs: number): Revoke {
  let isSplit = false;
  const step = async (ends: number, stored: readonly Marked[], published: readonly Marked[]): Promise<void> => {
    const keys = [...stored.map(({ key }) => key), ...(published.length > 0 ? streamKeys(prefix) : [])];
    const numbers = [ends, now(), stored.length, retentionMs].map(String);
    const values = stored.map(({ value }) => String(value));
    const entries = published.map(({ entry }) => entry);
    const life = crypto.randomUUID();
    const reply = await send("EVAL", REVOKE, String(keys.length), ...keys, ...numbers, life, ...values, ...entries);
    if (reply !== "OK") throw refusalOf(reply);
  };
  return async (ends, marked) => {
    if (!isSplit) {
      try {
        return await step(ends, marked, marked);
      } catch (error) {
        if (!IS_SPLIT.test(String((error as { message?: unknown } | undefined)?.message))) throw error;
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
    `redisBlocklist: this revocation counts for ${reply} ms and would outlive the feed; make feed.retentionMs at least ${reply} where it is followed`,
  );
}

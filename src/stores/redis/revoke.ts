import { HOUR_MS } from "../../shared/clock.ts";
import { BOOK } from "./book.ts";
import type { RedisSend } from "./client.ts";
import { createReplyError } from "./replies.ts";
import { getStreamKeys } from "./stream.ts";
import { MARGIN_MS } from "./ttl.ts";

/**
 * Publishes revocations, if anybody follows, and stores them, in one step. The keys are those of the revocations, then
 * the stream and its book; without these two nothing is published. The server's clock decides what leaves the stream. A
 * revocation counts as expired only when the server's clock and the writer's both say so. Revoking again never shortens
 * a revocation, and never moves a user's cut back.
 */
const REVOKE = `${BOOK}
local ends, writer, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ttl = ends - math.min(now, writer) + ${MARGIN_MS}
if ttl <= 0 then return 'OK' end
local stream, book = KEYS[count + 1], KEYS[count + 2]
if stream then
  local life, last, most, kept = read(stream, book, tonumber(ARGV[4]), ARGV[5])
  if kept == 0 then
    last, most = '0-1', math.max(most, ends)
  elseif ends > now + kept + ${HOUR_MS} then
    return text(ends - now)
  else
    local oldest = text(math.max(0, now - kept - ${2 * HOUR_MS}))
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

/** Matches the errors by which servers and proxies say that the keys of one command are on different nodes. */
const CROSS_SLOT = /CROSSSLOT|same (hash )?slot/i;

/** A revocation to be stored: its key, its value, and its text in the stream. */
export interface Mark {
  readonly key: string;
  readonly value: number;
  readonly entry: string;
}

/** Stores revocations that expire at an instant, all of them or none. */
export type Revoke = (ends: number, marks: readonly Mark[]) => Promise<void>;

/**
 * Creates the function that stores revocations and publishes them. They are published when this process or any other
 * follows.
 *
 * In a cluster the stream and the keys are on different nodes, so that it takes two steps. Publishing comes first:
 * after a failure between the two, followers refuse too many tokens and not too few.
 *
 * @param retentionMs - 0 where this process does not follow
 */
export function createRevoker(send: RedisSend, prefix: string, now: () => number, retentionMs: number): Revoke {
  let isSplit = false;
  const step = async (ends: number, stored: readonly Mark[], published: readonly Mark[]): Promise<void> => {
    const keys = [...stored.map(({ key }) => key), ...(published.length > 0 ? getStreamKeys(prefix) : [])];
    const numbers = [ends, now(), stored.length, retentionMs].map(String);
    const values = stored.map(({ value }) => String(value));
    const entries = published.map(({ entry }) => entry);
    const life = crypto.randomUUID();
    const reply = await send("EVAL", REVOKE, String(keys.length), ...keys, ...numbers, life, ...values, ...entries);
    if (reply !== "OK") throw createRetentionError(reply);
  };
  return async (ends, marks) => {
    if (!isSplit) {
      try {
        return await step(ends, marks, marks);
      } catch (error) {
        if (!CROSS_SLOT.test(String((error as { message?: unknown } | undefined)?.message))) throw error;
        isSplit = true;
      }
    }
    await step(ends, [], marks);
    await step(ends, marks, []);
  };
}

function createRetentionError(reply: unknown): Error {
  if (typeof reply !== "string" || !/^\d+$/.test(reply)) return createReplyError();
  return new RangeError(
    `redisBlocklist: this revocation counts for ${reply} ms and would outlive the feed; ` +
      `make feed.retentionMs at least ${reply} where it is followed`,
  );
}

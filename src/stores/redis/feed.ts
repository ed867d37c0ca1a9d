import type { RevocationFeed, RevocationPage } from "../contract.ts";
import { nonsense, type RedisOptions, redisSettings, textsOf } from "./client.ts";
import { type Entry, readEntry, streamKeys } from "./stream.ts";

const PAGE = 2_000;
const BEGINNING = "0-0";
const CURSOR = /^(\S*) (\d+-\d+)$/;

/**
 * Reads a page of the stream from an id on; from its beginning, where the id is of another life of the server. It replies with
 * lines, since clients take long to read many small texts.
 */
const READ = `
local life, last, ends = unpack(redis.call('HMGET', KEYS[2], 'life', 'last', 'ends'))
local from = (life or '') == ARGV[1] and ARGV[2] or '${BEGINNING}'
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local entries = redis.call('XRANGE', KEYS[1], '(' .. from, '+', 'COUNT', ${PAGE})
for nth, entry in ipairs(entries) do
  local fields = entry[2]
  entries[nth] = table.concat({entry[1], fields[4], fields[6], fields[2]}, ' ')
end
return {life or '', from, last or '${BEGINNING}', ends or '0', now, table.concat(entries, '\\n')}`;

/**
 * Revocations that a {@link redisBlocklist} with `feedRetentionMs` stores, read from its stream. Reading waits inside Redis,
 * so `send` must have a connection of its own, which nobody else uses. A server that was flushed or replaced, or that lost
 * what it had said, is read from the beginning; where entries were removed from the stream that may still count, reading
 * fails until they can't.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const reader = client.duplicate();
 * const feed = redisRevocationFeed({ send: (...command) => reader.call(...command) });
 * const blocklist = replicatedBlocklist({ store, feed });
 * ```
 */
export function redisRevocationFeed(options: RedisOptions): RevocationFeed {
  const { send, prefix } = redisSettings("redisRevocationFeed", options);
  const [stream, book] = streamKeys(prefix);
  const readFrom = async (life: string, id: string): Promise<RevocationPage> => {
    const reply = replyOf(await send("EVAL", READ, "2", stream, book, life, id));
    return hasGoneBack(reply) ? readFrom(reply.life, BEGINNING) : pageOf(reply);
  };
  return {
    async read(cursor, waitMs) {
      const [, life = "", id = BEGINNING] = CURSOR.exec(cursor ?? "") ?? [];
      const block = String(Math.floor(waitMs));
      if (cursor !== null && waitMs >= 1) await send("XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", stream, id);
      return readFrom(life, id);
    },
  };
}

interface Reply {
  readonly life: string;
  readonly from: string;
  readonly now: number;
  readonly entries: readonly Entry[];
  /** What each entry says of the one before it and, where the end was reached, what the book says of the last. */
  readonly links: readonly Pick<Entry, "after" | "until">[];
}

function replyOf(reply: unknown): Reply {
  const texts = textsOf(reply, 6);
  if (texts.includes(null)) throw nonsense();
  const [life, from, last, ends, now, lines] = texts as [string, string, string, string, string, string];
  const entries = lines === "" ? [] : lines.split("\n").map(readEntry);
  const end = entries.length < PAGE ? [{ after: last, until: Number(ends) }] : [];
  return { life, from, now: Number(now), entries, links: [...entries, ...end] };
}

/** Whether the server lost entries that it had handed out: one took over that had not received them all. */
function hasGoneBack({ from, links }: Reply): boolean {
  const [first] = links;
  return first !== undefined && isBefore(first.after, from);
}

function pageOf({ life, from, now, entries, links }: Reply): RevocationPage {
  const ids = [from, ...entries.map(({ id }) => id)];
  const gap = links.find(({ after, until }, nth) => after !== ids[nth] && until > now);
  if (gap !== undefined) {
    throw new Error(
      `redisRevocationFeed: entries were removed from the stream that may count until ${new Date(gap.until).toISOString()}`,
    );
  }
  const revocations = entries.map(({ revocation }) => revocation);
  return { revocations, cursor: `${life} ${ids.at(-1)}`, more: links.length === entries.length };
}

function isBefore(id: string, other: string): boolean {
  const [[ms = 0, nth = 0], [otherMs = 0, otherNth = 0]] = [id, other].map((it) => it.split("-").map(Number)) as [
    number[],
    number[],
  ];
  return ms < otherMs || (ms === otherMs && nth < otherNth);
}

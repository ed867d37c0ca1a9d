import { checkInteger, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { RevocationFeed, RevocationPage } from "../contract.ts";
import { ANNOUNCE } from "./book.ts";
import { nonsense, type RedisOptions, type RedisSend, senderOf, textsOf } from "./client.ts";
import { type Entry, readEntry, streamKeys } from "./stream.ts";

/** What `replicatedBlocklist` follows a Redis blocklist by. */
export interface RedisFeedOptions {
  /**
   * Sends a command by a connection of its own, which nobody else uses, since reading waits inside Redis: to the same server
   * and database, such as `client.duplicate()`.
   */
  readonly send: RedisSend;
  /** For how many milliseconds revocations stay published: as long as your longest-lived access token counts, or longer. */
  readonly retentionMs: number;
}

const OPTIONS: OptionNames<RedisFeedOptions> = { send: "required", retentionMs: "required" };

/** The options of a feed, once they are known to be some. */
export function feedSettings(options: RedisFeedOptions, writer: RedisSend): RedisFeedOptions {
  checkOptions("redisBlocklist: feed", options, OPTIONS);
  const { send, retentionMs } = options;
  if (send === writer) {
    throw new TypeError(
      "redisBlocklist: feed.send needs a connection of its own: reading would hold up every other command",
    );
  }
  checkInteger("redisBlocklist: feed.retentionMs, in milliseconds,", retentionMs, 1, Number.MAX_SAFE_INTEGER);
  return { send: senderOf("redisBlocklist: feed.send", send), retentionMs };
}

const PAGE = 2_000;
const BEGINNING = "0-0";
const CURSOR = /^(\S+) (\d+-\d+)$/;

/** Reads a page of the stream from an id on. It replies with lines, since clients take long to read many small texts. */
const READ = `
local life, last, ends = unpack(redis.call('HMGET', KEYS[2], 'life', 'last', 'ends'))
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ${PAGE})
for nth, entry in ipairs(entries) do
  local fields = entry[2]
  entries[nth] = table.concat({entry[1], fields[4], fields[6], fields[2]}, ' ')
end
return {life or '', last or '${BEGINNING}', ends or '0', now, table.concat(entries, '\\n')}`;

/**
 * Revocations that a Redis blocklist stores, read from its stream. A server that was flushed or replaced, or that lost what
 * it had said, is read from the beginning; where entries are missing in the stream that may still count, reading fails
 * until they can't.
 */
export function feedOf(
  { send: write, prefix }: Required<RedisOptions>,
  { send, retentionMs }: RedisFeedOptions,
): RevocationFeed {
  const [stream, book] = streamKeys(prefix);
  const readFrom = async (id: string): Promise<Reply> => replyOf(id, await send("EVAL", READ, "2", stream, book, id));
  /** Has all processes publish, and reads what they did: by the connection that reads, what was written by the other one. */
  const readAll = async (): Promise<RevocationPage> => {
    const life = await write("EVAL", ANNOUNCE, "2", stream, book, String(retentionMs), crypto.randomUUID());
    const reply = await readFrom(BEGINNING);
    if (reply.life !== life) {
      throw new Error(
        "redisBlocklist: feed.send does not read what send writes; connect both to one server and database",
      );
    }
    return pageOf(reply);
  };
  return {
    async read(cursor, waitMs) {
      const [, life, id] = CURSOR.exec(cursor ?? "") ?? [];
      if (id === undefined) return readAll();
      const block = String(Math.floor(waitMs));
      if (waitMs >= 1) await send("XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", stream, id);
      const reply = await readFrom(id);
      return reply.life === life && !hasGoneBack(reply) ? pageOf(reply) : readAll();
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

function replyOf(from: string, reply: unknown): Reply {
  const texts = textsOf(reply, 5);
  if (texts.includes(null)) throw nonsense();
  const [life, last, ends, now, lines] = texts as [string, string, string, string, string];
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
      `redisBlocklist: revocations that may count until ${new Date(gap.until).toISOString()} were never published, since nobody followed, or were removed from the stream; the store is asked until then`,
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

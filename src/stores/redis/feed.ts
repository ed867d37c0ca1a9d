import { FEED_PAGE_SIZE } from "../../shared/limits.ts";
import { checkInteger, checkOptions, type OptionNames } from "../../shared/options.ts";
import type { RevocationFeed, RevocationPage } from "../contract.ts";
import { ANNOUNCE } from "./book.ts";
import { bindSend, type Client, type RedisSend } from "./client.ts";
import { createReplyError, readStrings } from "./replies.ts";
import { getStreamKeys, parseEntry, type StreamEntry } from "./stream.ts";

/** Lets `replicatedBlocklist` follow a Redis blocklist. */
export interface RedisFeedOptions {
  /**
   * Sends a command by a connection that nothing else uses, because reading blocks the connection. It must connect to
   * the same server and database, such as `client.duplicate()` does.
   */
  readonly send: RedisSend;
  /**
   * The milliseconds for which revocations stay published: at least the lifetime of your longest-lived access token.
   */
  readonly retentionMs: number;
}

const OPTIONS: OptionNames<RedisFeedOptions> = { send: "required", retentionMs: "required" };

/**
 * Checks the options of a feed and binds its client.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 */
export function checkFeedOptions(options: RedisFeedOptions, writer: RedisSend): RedisFeedOptions {
  checkOptions("redisBlocklist: feed", options, OPTIONS);
  const { send, retentionMs } = options;
  if (send === writer) {
    throw new TypeError(
      "redisBlocklist: feed.send needs a connection of its own: reading would hold up every other command",
    );
  }
  checkInteger("redisBlocklist: feed.retentionMs, in milliseconds,", retentionMs, 1, Number.MAX_SAFE_INTEGER);
  return { send: bindSend("redisBlocklist: feed.send", send), retentionMs };
}

const BEGINNING = "0-0";
const CURSOR = /^(\S+) (\d+-\d+)$/;

/**
 * Reads a page of the stream from an id on. It replies with one text of lines, which clients parse faster than many
 * texts.
 */
const READ = `
local life, last, ends = unpack(redis.call('HMGET', KEYS[2], 'life', 'last', 'ends'))
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ${FEED_PAGE_SIZE})
for nth, entry in ipairs(entries) do
  local fields = entry[2]
  entries[nth] = table.concat({entry[1], fields[4], fields[6], fields[2]}, ' ')
end
return {life or '', last or '${BEGINNING}', ends or '0', now, table.concat(entries, '\\n')}`;

/**
 * Creates a feed of the revocations in the stream. It reads from the beginning again once the server was flushed or
 * replaced, or lost entries. Where entries are missing that may still count, reading fails until they have all expired.
 */
export function createFeed({ send: write, prefix }: Client, { send, retentionMs }: RedisFeedOptions): RevocationFeed {
  const [stream, book] = getStreamKeys(prefix);
  const readFrom = async (id: string): Promise<Reply> =>
    parseReply(id, await send("EVAL", READ, "2", stream, book, id));
  /** Makes all processes publish, by the one connection, and reads from the beginning by the other. */
  const readAll = async (): Promise<RevocationPage> => {
    const life = await write("EVAL", ANNOUNCE, "2", stream, book, String(retentionMs), crypto.randomUUID());
    const reply = await readFrom(BEGINNING);
    if (reply.life !== life) {
      throw new Error(
        "redisBlocklist: feed.send does not read what send writes; connect both to one server and database",
      );
    }
    return createPage(reply);
  };
  return {
    async read(cursor, waitMs) {
      const [, life, id] = CURSOR.exec(cursor ?? "") ?? [];
      if (id === undefined) return readAll();
      const block = String(Math.floor(waitMs));
      if (waitMs >= 1) await send("XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", stream, id);
      const reply = await readFrom(id);
      return reply.life === life && !hasGoneBack(reply) ? createPage(reply) : readAll();
    },
  };
}

/** The reply of the script. */
interface Reply {
  readonly life: string;
  readonly from: string;
  readonly now: number;
  readonly entries: readonly StreamEntry[];
  /**
   * What each entry records of the entry before it. At the end of the stream, the book's record of the last entry
   * follows.
   */
  readonly links: readonly Pick<StreamEntry, "after" | "until">[];
}

function parseReply(from: string, reply: unknown): Reply {
  const texts = readStrings(reply, 5);
  if (texts.includes(null)) throw createReplyError();
  const [life, last, ends, now, lines] = texts as [string, string, string, string, string];
  const entries = lines === "" ? [] : lines.split("\n").map(parseEntry);
  const end = entries.length < FEED_PAGE_SIZE ? [{ after: last, until: Number(ends) }] : [];
  return { life, from, now: Number(now), entries, links: [...entries, ...end] };
}

/**
 * Tells whether the server lost entries that it had already given: a replica took over that had not received them all.
 */
function hasGoneBack({ from, links }: Reply): boolean {
  const [first] = links;
  return first !== undefined && isBefore(first.after, from);
}

/** Creates a page, unless revocations are missing that may still count. */
function createPage({ life, from, now, entries, links }: Reply): RevocationPage {
  const ids = [from, ...entries.map(({ id }) => id)];
  const gap = links.find(({ after, until }, nth) => after !== ids[nth] && until > now);
  if (gap !== undefined) {
    throw new Error(
      `redisBlocklist: revocations that may count until ${new Date(gap.until).toISOString()} were never published, ` +
        "since nobody followed, or were removed from the stream; the store is asked until then",
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

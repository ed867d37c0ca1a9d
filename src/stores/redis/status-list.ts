import type { StatusListStore } from "../contract.ts";
import { encodeId } from "../shared/ids.ts";
import { joinPages, PAGE_INDICES } from "../shared/status-pages.ts";
import { bindClient, REDIS_OPTIONS, type RedisOptions } from "./client.ts";
import { createReplyError, readBoolean, readIntegerReply, readPairs, readStrings } from "./replies.ts";
import { ALLOCATE, MARK, READ } from "./status-list-scripts.ts";

const EMPTY = "0".repeat(PAGE_INDICES / 4);

/**
 * Status lists in Redis or Valkey. Every step is one script on one key. Redis has to keep what it is given (see {@link
 * redisBlocklist}): a server that fails over to a replica, or restarts from an older file, may give out places a second
 * time, and forget what was revoked.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = redisStatusListStore({ send: (...command) => client.call(...command) });
 * const statusList = createStatusList({ uri: "https://auth.example.com/statuslists", keys, store });
 * ```
 */
export function redisStatusListStore(options: RedisOptions): StatusListStore {
  const { send, prefix } = bindClient("redisStatusListStore", options, REDIS_OPTIONS);
  const getKey = (series: string): string => `${prefix}status:${encodeURIComponent(encodeId(series))}`;
  const getListKey = (series: string, list: number): string => `${getKey(series)}:${list}`;

  return {
    async allocate(series, count, given) {
      const reply = await send("EVAL", ALLOCATE, "1", getKey(series), String(count), given);
      const [first, terms] = readStrings(reply, 2);
      if (typeof terms !== "string") throw createReplyError();
      return { first: readIntegerReply(first), terms };
    },
    async mark(series, list, indices) {
      const marks = indices.flatMap(describeMark).map(String);
      readBoolean(await send("EVAL", MARK, "1", getListKey(series, list), EMPTY, ...marks));
    },
    async read(series, list) {
      const pages = readPairs(await send("EVAL", READ, "1", getListKey(series, list)));
      return joinPages(pages.map(([page, hex]) => [readIntegerReply(page), hex]));
    },
  };
}

/** Locates an index: its page, the digit in the page, counted from 1, and the bit in the digit. */
function describeMark(index: number): readonly [page: number, digit: number, bits: number] {
  const inPage = index % PAGE_INDICES;
  const isHigh = index % 8 >= 4; // The high half of a byte is its first digit.
  return [Math.floor(index / PAGE_INDICES), 2 * Math.floor(inPage / 8) + (isHigh ? 1 : 2), 1 << (index % 4)];
}

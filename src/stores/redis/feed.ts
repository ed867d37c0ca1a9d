import type { Revocation, RevocationFeed } from "../contract.ts";
import { instantOf, millisecondsOf } from "../shared/instant.ts";
import { nonsense, type RedisOptions, type RedisSend, redisSettings } from "./client.ts";

const PAGE = 1_000;

/**
 * Revocations that a {@link redisBlocklist} with `feedRetentionMs` stores, read from its stream. Reading waits inside Redis,
 * so `send` must have a connection of its own, which nobody else uses.
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
  const read = async (cursor: string, ...block: string[]): Promise<readonly Entry[]> =>
    entriesOf(await send("XREAD", "COUNT", String(PAGE), ...block, "STREAMS", streamKey(prefix), cursor));
  return {
    async read(cursor, waitMs) {
      let page = await read(cursor ?? "0-0", "BLOCK", String(Math.max(1, waitMs)));
      const all = [...page];
      while (page.length === PAGE) {
        page = await read(all.at(-1)?.id as string);
        all.push(...page);
      }
      return { revocations: all.map(({ revocation }) => revocation), cursor: all.at(-1)?.id ?? cursor ?? "0-0" };
    },
  };
}

/** Writes revocations to the stream, as far as there is one. */
export function publisher(
  send: RedisSend,
  prefix: string,
  now: () => number,
  retentionMs: number | undefined,
): (revocation: Revocation) => Promise<void> {
  if (retentionMs === undefined) return async () => undefined;
  if (!Number.isSafeInteger(retentionMs) || retentionMs < 1) {
    throw new TypeError("redisBlocklist: feedRetentionMs must be a whole number of milliseconds");
  }
  return async (revocation) => {
    const time = now();
    const { kind, id, expiresAt } = revocation;
    const ends = millisecondsOf(expiresAt);
    if (ends > time + retentionMs) {
      throw new RangeError(
        "redisBlocklist: this revocation outlives the feed; make feedRetentionMs as long as your tokens",
      );
    }
    const upTo = revocation.kind === "user" ? millisecondsOf(revocation.issuedUpTo) : null;
    const oldest = String(Math.floor(time - retentionMs));
    const entry = JSON.stringify([kind, id, ends, upTo]);
    const stored = await send("XADD", streamKey(prefix), "MINID", "~", oldest, "*", "revocation", entry);
    if (typeof stored !== "string") throw nonsense();
  };
}

function streamKey(prefix: string): string {
  return `${prefix}revocations`;
}

interface Entry {
  readonly id: string;
  readonly revocation: Revocation;
}

/** The entries of the one stream that was asked for; `null` where there are none. */
function entriesOf(reply: unknown): readonly Entry[] {
  if (reply === null) return [];
  const entries = streamIn(reply);
  if (!Array.isArray(entries)) throw nonsense();
  return entries.map(([id, fields]) => ({ id: String(id), revocation: revocationOf(fields) }));
}

/** Streams by their names are a list of pairs in RESP 2, and a map in RESP 3, which some clients write as a flat list. */
function streamIn(reply: unknown): unknown {
  if (!Array.isArray(reply)) return (reply instanceof Map ? [...reply.values()] : Object.values(reply as object))[0];
  return Array.isArray(reply[0]) ? reply[0][1] : reply[1];
}

function revocationOf(fields: unknown): Revocation {
  const [, text] = fields as string[];
  const [kind, id, ends, upTo] = JSON.parse(text as string) as [Revocation["kind"], string, number, number | null];
  const expiresAt = instantOf(ends);
  return kind === "user" ? { kind, id, issuedUpTo: instantOf(upTo), expiresAt } : { kind, id, expiresAt };
}

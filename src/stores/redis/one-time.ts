import { ignore } from "../../shared/listener.ts";
import type { OneTimeStore, StoredOneTimeToken } from "../contract.ts";
import { readDate, toMilliseconds } from "../shared/instants.ts";
import { bindClient, getUserPrefix, REDIS_OPTIONS, type RedisOptions } from "./client.ts";
import { COUNT_TRY, FIND, PUT, TAKE } from "./one-time-scripts.ts";
import { createReplyError, readIntegerReply, readJson, readStrings } from "./replies.ts";
import { computeTtl, MARGIN_MS } from "./ttl.ts";

/**
 * Tokens and codes for one use in Redis or Valkey. Every step is one script on one key, and Redis removes what has
 * expired. Redis has to keep what it is given (see {@link redisBlocklist}): a token that it forgets is worthless, and a
 * server that fails over to a replica, or restarts from an older file, may bring back a token that was taken.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = redisOneTimeStore({ send: (...command) => client.call(...command) });
 * const resets = createOneTimeTokens({ store, purpose: "password-reset", lifetime: "1h" });
 * ```
 */
export function redisOneTimeStore(options: RedisOptions): OneTimeStore {
  const { send, prefix } = bindClient("redisOneTimeStore", options, REDIS_OPTIONS);
  const run = (script: string, key: string, ...values: readonly string[]): Promise<unknown> =>
    send("EVAL", script, "1", key, ...values);
  const getKey = (purpose: string, userId: string): string => `${getUserPrefix(prefix, userId)}:one-time:${purpose}`;
  const getDigestKey = (digest: string): string => `${prefix}one-time:${digest}`;
  /** Deletes the owner of a digest in the background: without its token, the digest is worthless in any case. */
  const deleteDigest = (digest: string): void => {
    send("DEL", getDigestKey(digest)).then(ignore, ignore);
  };
  /** Runs a script on the record that a digest leads to, and reads the record that it replies with. */
  const runOnRecord = async (
    script: string,
    digest: string,
    ...values: readonly string[]
  ): Promise<StoredOneTimeToken | null> => {
    const owner = readOwner(await send("GET", getDigestKey(digest)));
    if (owner === null) return null;
    const [purpose, userId] = owner;
    const found = await run(script, getKey(purpose, userId), digest, ...values);
    if (found === null) return null;
    const [data, ends] = readStrings(found, 2);
    return { digest, purpose, userId, data: data as string, expiresAt: readDate(ends) };
  };

  return {
    async put({ digest, purpose, userId, data, expiresAt }, at) {
      const ends = toMilliseconds(expiresAt);
      const ttl = String(computeTtl(toMilliseconds(at), ends));
      // A token alone doesn't tell the slot of its user, so a separate key holds its owner.
      const owner = JSON.stringify([purpose, userId]);
      if ((await send("SET", getDigestKey(digest), owner, "PX", ttl)) !== "OK") throw createReplyError();
      const before = await run(PUT, getKey(purpose, userId), digest, data, String(ends), ttl);
      if (before !== null && typeof before !== "string") throw createReplyError();
      if (before !== null && before !== digest) deleteDigest(before);
    },
    find: (digest) => runOnRecord(FIND, digest),
    async take(digest) {
      const taken = await runOnRecord(TAKE, digest, crypto.randomUUID(), String(MARGIN_MS));
      if (taken !== null) deleteDigest(digest);
      return taken;
    },
    async countTry(purpose, userId, at, until) {
      const [now, ends] = [toMilliseconds(at), toMilliseconds(until)];
      const values = [now, ends, computeTtl(now, ends)].map(String);
      const counted = await run(COUNT_TRY, getKey(purpose, userId), ...values);
      if (counted === null) return null;
      const [digest, tries] = readStrings(counted, 2);
      return { digest: digest as string, tries: readIntegerReply(tries) };
    },
  };
}

/** Parses the purpose and the user that a digest belongs to. */
function readOwner(reply: unknown): [purpose: string, userId: string] | null {
  if (reply === null) return null;
  const owner = readJson(reply);
  if (!Array.isArray(owner) || owner.length !== 2 || !owner.every((it) => typeof it === "string"))
    throw createReplyError();
  return owner as [string, string];
}

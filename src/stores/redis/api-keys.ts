import { HOUR_MS } from "../../shared/clock.ts";
import type { ApiKey, ApiKeyStore, StoredApiKey } from "../contract.ts";
import { readDate, readDateOrNull, toMilliseconds, toMillisecondsOrNull } from "../shared/instants.ts";
import { INSERT, LIST, REPLACE, TOUCH } from "./api-key-scripts.ts";
import { bindClient, getUserPrefix, REDIS_OPTIONS, type RedisOptions } from "./client.ts";
import { createReplyError, readBoolean, readIntegerReply, readJson, readPairs } from "./replies.ts";
import { computeTtl } from "./ttl.ts";

/** How long a digest is kept while its key is being added: longer than any client waits. */
const PENDING_MS = HOUR_MS;

/**
 * API keys in Redis or Valkey. All keys of a user are one hash, in one slot of a cluster, and every step is one script.
 * Redis has to keep what it is given (see {@link redisBlocklist}): a key that it forgets is no longer valid.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = redisApiKeys({ send: (...command) => client.call(...command) });
 * const keys = createApiKeys({ store, prefix: "acme_live" });
 * ```
 */
export function redisApiKeys(options: RedisOptions): ApiKeyStore {
  const { send, prefix } = bindClient("redisApiKeys", options, REDIS_OPTIONS);
  const getKeysKey = (userId: string): string => `${getUserPrefix(prefix, userId)}:api-keys`;
  const getDigestKey = (digest: string): string => `${prefix}api-key:${digest}`;
  const run = (script: string, userId: string, ...values: readonly string[]): Promise<unknown> =>
    send("EVAL", script, "1", getKeysKey(userId), ...values);
  /**
   * Adds a key by a script that replies whether it did. The digest alone doesn't tell the slot of the key's user, so a
   * separate entry maps the digest to its owner. This entry expires soon unless the script adds the key: so a client
   * that stops halfway leaves nothing behind.
   */
  const add = async (key: StoredApiKey, script: string, ...values: readonly string[]): Promise<boolean> => {
    const digestKey = getDigestKey(key.digest);
    const owner = JSON.stringify([key.userId, key.id]);
    const ttl = computeKeyTtl(key);
    if ((await send("SET", digestKey, owner, "PX", String(PENDING_MS))) !== "OK") throw createReplyError();
    const isAdded = readBoolean(await run(script, key.userId, ...values, ttl));
    if (!isAdded) await send("DEL", digestKey);
    else readBoolean(await (ttl === "" ? send("PERSIST", digestKey) : send("PEXPIRE", digestKey, ttl)));
    return isAdded;
  };
  const listStored = async (userId: string): Promise<readonly StoredApiKey[]> =>
    readPairs(await run(LIST, userId)).map(([id, text]) => readKey(userId, id, text));

  return {
    insert: (key, limit) =>
      add(key, INSERT, key.id, formatKey(key), String(limit), String(toMilliseconds(key.createdAt))),
    async find(digest) {
      const owner = await send("GET", getDigestKey(digest));
      if (owner === null) return null;
      const [userId, id] = readOwner(owner);
      const text = await send("HGET", getKeysKey(userId), id);
      return text === null ? null : readKey(userId, id, text);
    },
    async list(userId) {
      return (await listStored(userId))
        .map(({ digest: _digest, ...key }): ApiKey => key)
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    },
    async replace(id, endsAt, next) {
      const text = await send("HGET", getKeysKey(next.userId), id);
      if (text === null) return false;
      const { digest, expiresAt } = readKey(next.userId, id, text);
      const ends = toMilliseconds(endsAt);
      if (!(await add(next, REPLACE, id, String(ends), next.id, formatKey(next)))) return false;
      // Without this, the digest of a key without an expiry would stay for ever.
      const ttl = computeTtl(toMilliseconds(next.createdAt), Math.min(ends, toMillisecondsOrNull(expiresAt) ?? ends));
      readBoolean(await send("PEXPIRE", getDigestKey(digest), String(ttl)));
      return true;
    },
    // The digest is deleted first, and then the key, which is needed to find the digest: so an interrupted revocation
    // is completed when it is sent again.
    async revoke(userId, id) {
      const text = await send("HGET", getKeysKey(userId), id);
      if (text !== null) await send("DEL", getDigestKey(readKey(userId, id, text).digest));
      return readBoolean(await send("HDEL", getKeysKey(userId), id));
    },
    async revokeAll(userId) {
      // A key that replaces another meanwhile is missing from this list, but not from the next one.
      for (;;) {
        const keys = await listStored(userId);
        if (keys.length === 0) return;
        await Promise.all(keys.map(({ digest }) => send("DEL", getDigestKey(digest))));
        readIntegerReply(await send("HDEL", getKeysKey(userId), ...keys.map(({ id }) => id)));
      }
    },
    async touch(userId, id, at) {
      readBoolean(await run(TOUCH, userId, id, String(toMilliseconds(at))));
    },
  };
}

/** Computes how long a key is kept, in milliseconds; `""` where it never expires. */
function computeKeyTtl({ createdAt, expiresAt }: StoredApiKey): string {
  return expiresAt === null ? "" : String(computeTtl(toMilliseconds(createdAt), toMilliseconds(expiresAt)));
}

/** Formats a key. The scripts read and write only the first line. */
function formatKey(key: StoredApiKey): string {
  const { expiresAt, lastUsedAt, replacedBy, digest, label, hint, scopes, createdAt } = key;
  const head = [toMillisecondsOrNull(expiresAt), toMillisecondsOrNull(lastUsedAt), replacedBy].map((it) => it ?? false);
  const rest = [digest, label, hint, scopes, toMilliseconds(createdAt)];
  return `${JSON.stringify(head)}\n${JSON.stringify(rest)}`;
}

/** Parses a stored key. */
function readKey(userId: string, id: string, text: unknown): StoredApiKey {
  const [head, rest] = typeof text === "string" ? text.split("\n").map(readJson) : [];
  if (!Array.isArray(head) || !Array.isArray(rest) || head.length + rest.length !== 8) throw createReplyError();
  const [ends, used, replacedBy] = head.map((it) => (it === false ? null : it)) as unknown[];
  const [digest, label, hint, scopes, created] = rest as unknown[];
  return {
    id,
    userId,
    label: label as string | null,
    hint: hint as string,
    scopes: scopes as string[],
    createdAt: readDate(created),
    expiresAt: readDateOrNull(ends),
    lastUsedAt: readDateOrNull(used),
    replacedBy: replacedBy as string | null,
    digest: digest as string,
  };
}

/** Parses the owner of a digest. */
function readOwner(reply: unknown): [userId: string, id: string] {
  const owner = readJson(reply);
  if (!Array.isArray(owner) || owner.length !== 2 || !owner.every((it) => typeof it === "string"))
    throw createReplyError();
  return owner as [string, string];
}

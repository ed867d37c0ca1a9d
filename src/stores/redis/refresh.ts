import { DAY_MS } from "../../shared/clock.ts";
import type { EndReason, RefreshStore, StoredSession } from "../contract.ts";
import { readDate, readDateOrNull, toMilliseconds, toMillisecondsOrNull } from "../shared/instants.ts";
import { bindClient, getUserPrefix, REDIS_OPTIONS, type RedisOptions } from "./client.ts";
import { END, END_ALL, LIST, REMOVE, REPLACE, START } from "./refresh-scripts.ts";
import { createReplyError, readBoolean, readIntegerReply, readJson, readPairs } from "./replies.ts";
import { computeTtl } from "./ttl.ts";

/** The first character of a stored session says whether it was ended, and why. */
const STATES: Readonly<Record<string, EndReason | null>> = { "+": null, l: "logout", r: "reuse" };

/**
 * Sessions in Redis or Valkey. All sessions of a user are one hash, in one slot of a cluster, and every step is one
 * script. Expired sessions need no cleaning up. Redis has to keep what it is given (see {@link redisBlocklist}): a
 * session that it forgets has ended.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const store = redisRefreshStore({ send: (...command) => client.call(...command) });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function redisRefreshStore(options: RedisOptions): RefreshStore {
  const { send, prefix } = bindClient("redisRefreshStore", options, REDIS_OPTIONS);
  const run = (script: string, keys: readonly string[], ...values: readonly string[]): Promise<unknown> =>
    send("EVAL", script, String(keys.length), ...keys, ...values);
  const getSessionsKey = (userId: string): string => `${getUserPrefix(prefix, userId)}:sessions`;
  const getEndingsKey = (userId: string): string => `${getUserPrefix(prefix, userId)}:endings`;
  const getFamilyKey = (family: string): string => `${prefix}family:${family}`;
  /** Stores the owner of a family, because a refresh token alone doesn't tell the slot of its user. */
  const storeOwner = async ({ userId, sid, family }: StoredSession, ttl: number): Promise<void> => {
    const owner = JSON.stringify([userId, sid]);
    if ((await send("SET", getFamilyKey(family), owner, "PX", String(ttl))) !== "OK") throw createReplyError();
  };
  const deleteFamilies = async (families: readonly (string | null)[]): Promise<void> => {
    await Promise.all(families.map((family) => send("DEL", getFamilyKey(family as string))));
  };

  return {
    async endings(userId) {
      return readIntegerReply((await send("GET", getEndingsKey(userId))) ?? "0");
    },
    async startSession(session, endings, limit) {
      const { sid, userId, createdAt, expiresAt } = session;
      const now = toMilliseconds(createdAt);
      const ttl = computeTtl(now, toMilliseconds(expiresAt));
      await storeOwner(session, ttl);
      const keys = [getSessionsKey(userId), getEndingsKey(userId)];
      const values = [sid, formatSession(session), endings, limit, now, ttl].map(String);
      const deleted = await run(START, keys, ...values);
      if (deleted === null) {
        await deleteFamilies([session.family]);
        return null;
      }
      const pairs = readPairs(deleted);
      await deleteFamilies(pairs.map(([, family]) => family));
      return pairs.map(([other]) => other);
    },
    async findSession(family) {
      const owner = readOwner(await send("GET", getFamilyKey(family)));
      if (owner === null) return null;
      const [userId, sid] = owner;
      const text = await send("HGET", getSessionsKey(userId), sid);
      return text === null ? null : parseSession(userId, sid, text);
    },
    async replaceSession(session, next) {
      const { sid, userId } = session;
      const ttl = computeTtl(toMilliseconds(next.lastUsedAt), toMilliseconds(next.expiresAt));
      await storeOwner(next, ttl);
      return readBoolean(
        await run(REPLACE, [getSessionsKey(userId)], sid, formatSession(session), formatSession(next), String(ttl)),
      );
    },
    async endSession(sid, userId, reason) {
      const state = await run(END, [getSessionsKey(userId)], sid, reason.charAt(0));
      return state === null ? null : readReason(state);
    },
    async endSessions(userId, _at, exceptSid = "") {
      const keys = [getSessionsKey(userId), getEndingsKey(userId)];
      const ended = readPairs(await run(END_ALL, keys, String(DAY_MS), exceptSid));
      return ended.map(([sid, state]) => ({ sid, ended: readReason(state) }));
    },
    async deleteSessions(userId, sids) {
      const deleted = readPairs(await run(REMOVE, [getSessionsKey(userId)], ...sids));
      await deleteFamilies(deleted.map(([, family]) => family));
    },
    async sessions(userId, at) {
      const now = toMilliseconds(at);
      return readPairs(await run(LIST, [getSessionsKey(userId)]))
        .map(([sid, text]) => parseSession(userId, sid, text))
        .filter(({ ended, expiresAt }) => ended === null && expiresAt.getTime() > now)
        .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
    },
  };
}

/** Reads why a session was ended, from the first character of its text. */
function readReason(state: unknown): EndReason {
  const reason = typeof state === "string" ? STATES[state] : undefined;
  if (reason === undefined || reason === null) throw createReplyError();
  return reason;
}

/**
 * Formats a session. The items that the scripts read come first in the list. Empty details are left out: a replacement
 * compares the whole text, and a session may have been stored without them.
 */
function formatSession(session: StoredSession): string {
  const { family, createdAt, lastUsedAt, expiresAt, passwordChangedAt, rotation, details, revision, ended } = session;
  const [created, used, ends] = [createdAt, lastUsedAt, expiresAt].map(toMilliseconds);
  const changed = toMillisecondsOrNull(passwordChangedAt);
  const state = Object.keys(STATES).find((it) => STATES[it] === ended);
  const rest = details === "" ? [] : [details];
  return `${state}${JSON.stringify([ends, used, family, created, changed, revision, rotation, ...rest])}`;
}

/** Parses a stored session. */
function parseSession(userId: string, sid: string, text: unknown): StoredSession {
  const ended = typeof text === "string" ? STATES[text.charAt(0)] : undefined;
  const known = ended === undefined ? null : readJson((text as string).slice(1));
  if (!Array.isArray(known) || (known.length !== 7 && known.length !== 8)) throw createReplyError();
  const [ends, used, family, created, changed, revision, rotation, details = ""] = known;
  return {
    sid,
    userId,
    createdAt: readDate(created),
    lastUsedAt: readDate(used),
    family: family as string,
    expiresAt: readDate(ends),
    passwordChangedAt: readDateOrNull(changed),
    rotation: rotation as string,
    details: details as string,
    revision: revision as number,
    ended: ended as EndReason | null,
  };
}

/** Parses the owner of a family. */
function readOwner(reply: unknown): [userId: string, sid: string] | null {
  if (reply === null) return null;
  const owner = readJson(reply);
  if (!Array.isArray(owner) || owner.length !== 2 || !owner.every((it) => typeof it === "string"))
    throw createReplyError();
  return owner as [string, string];
}

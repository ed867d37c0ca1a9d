import type { EndReason, RefreshStore, Session, StoredSession } from "../contract.ts";
import { instantOf, instantOrNull, millisecondsOf } from "../shared/instant.ts";
import { keysOf, nonsense, REDIS_OPTIONS, type RedisOptions, redisSettings, textsOf, ttlOf } from "./client.ts";
import { END, END_ALL, REMOVE, REPLACE, START } from "./refresh-scripts.ts";

const DAY = 86_400_000;

/** How the first character of a stored session tells whether, and why, it was ended. */
const STATES: Readonly<Record<string, EndReason | null>> = { "+": null, l: "logout", r: "reuse" };

/**
 * Sessions in Redis or Valkey. All of one user's are one hash, in one slot of a cluster, and every step is one script.
 * They leave by themselves once they have ended. Redis must be told to keep what it is given: see {@link redisBlocklist};
 * a session that it forgets has ended.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const store = redisRefreshStore({ send: (...command) => client.call(...command) });
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store } });
 * ```
 */
export function redisRefreshStore(options: RedisOptions): RefreshStore {
  const { send, prefix } = redisSettings("redisRefreshStore", options, REDIS_OPTIONS);
  const run = (script: string, keys: readonly string[], ...values: readonly string[]): Promise<unknown> =>
    send("EVAL", script, String(keys.length), ...keys, ...values);
  const sessionsKey = (userId: string): string => `${keysOf(prefix, userId)}:sessions`;
  const endingsKey = (userId: string): string => `${keysOf(prefix, userId)}:endings`;
  const familyKey = (family: string): string => `${prefix}family:${family}`;
  /** A refresh token alone doesn't tell its user's slot: so who a family belongs to is kept by itself, for as long. */
  const nameOwner = async ({ userId, sid, family }: StoredSession, ttl: number): Promise<void> => {
    const owner = JSON.stringify([userId, sid]);
    if ((await send("SET", familyKey(family), owner, "PX", String(ttl))) !== "OK") throw nonsense();
  };
  const forgetFamilies = async (families: readonly (string | null)[]): Promise<void> => {
    await Promise.all(families.map((family) => send("DEL", familyKey(family as string))));
  };

  return {
    async endings(userId) {
      return countOf((await send("GET", endingsKey(userId))) ?? "0");
    },
    async startSession(session, endings, limit) {
      const { sid, userId, createdAt, expiresAt } = session;
      const now = millisecondsOf(createdAt);
      const ttl = ttlOf(now, millisecondsOf(expiresAt));
      await nameOwner(session, ttl);
      const keys = [sessionsKey(userId), endingsKey(userId)];
      const values = [sid, textOf(session), endings, limit, now, ttl].map(String);
      const deleted = await run(START, keys, ...values);
      if (deleted === null) {
        await forgetFamilies([session.family]);
        return null;
      }
      const pairs = pairsOf(deleted);
      await forgetFamilies(pairs.map(([, family]) => family));
      return pairs.map(([other]) => other);
    },
    async findSession(family) {
      const owner = ownerOf(await send("GET", familyKey(family)));
      if (owner === null) return null;
      const [userId, sid] = owner;
      const text = await send("HGET", sessionsKey(userId), sid);
      return text === null ? null : sessionOf(userId, sid, text);
    },
    async replaceSession(session, next) {
      const { sid, userId } = session;
      const ttl = ttlOf(millisecondsOf(next.lastUsedAt), millisecondsOf(next.expiresAt));
      await nameOwner(next, ttl);
      return isDone(await run(REPLACE, [sessionsKey(userId)], sid, textOf(session), textOf(next), String(ttl)));
    },
    async endSession(sid, userId, reason) {
      const state = await run(END, [sessionsKey(userId)], sid, reason.charAt(0));
      return state === null ? null : reasonOf(state);
    },
    async endSessions(userId, _at) {
      const ended = pairsOf(await run(END_ALL, [sessionsKey(userId), endingsKey(userId)], String(DAY)));
      return ended.map(([sid, state]) => ({ sid, ended: reasonOf(state) }));
    },
    async deleteSessions(userId, sids) {
      const deleted = pairsOf(await run(REMOVE, [sessionsKey(userId)], ...sids));
      await forgetFamilies(deleted.map(([, family]) => family));
    },
    async sessions(userId, at) {
      const now = millisecondsOf(at);
      return pairsOf(await send("EVAL", LIST, "1", sessionsKey(userId)))
        .map(([sid, text]) => sessionOf(userId, sid, text))
        .filter(({ ended, expiresAt }) => ended === null && expiresAt.getTime() > now)
        .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
        .map(({ sid, createdAt, lastUsedAt }): Session => ({ sid, userId, createdAt, lastUsedAt }));
    },
  };
}

// In a script, since a hash of its own is one list to some clients and a map to others.
const LIST = `return redis.call('HGETALL', KEYS[1])`;

function reasonOf(state: unknown): EndReason {
  const reason = typeof state === "string" ? STATES[state] : undefined;
  if (reason === undefined || reason === null) throw nonsense();
  return reason;
}

/** A session as it is stored: what the scripts read of it comes first. */
function textOf(session: StoredSession): string {
  const { family, createdAt, lastUsedAt, expiresAt, passwordChangedAt, rotation, revision, ended } = session;
  const [created, used, ends] = [createdAt, lastUsedAt, expiresAt].map(millisecondsOf);
  const changed = passwordChangedAt === null ? null : millisecondsOf(passwordChangedAt);
  const state = Object.keys(STATES).find((it) => STATES[it] === ended);
  return `${state}${JSON.stringify([ends, used, family, created, changed, revision, rotation])}`;
}

function sessionOf(userId: string, sid: string, text: unknown): StoredSession {
  const ended = typeof text === "string" ? STATES[text.charAt(0)] : undefined;
  const known = ended === undefined ? null : parsed((text as string).slice(1));
  if (!Array.isArray(known) || known.length !== 7) throw nonsense();
  const [ends, used, family, created, changed, revision, rotation] = known as [unknown, unknown, string, ...unknown[]];
  return {
    sid,
    userId,
    createdAt: instantOf(created),
    lastUsedAt: instantOf(used),
    family,
    expiresAt: instantOf(ends),
    passwordChangedAt: instantOrNull(changed),
    rotation: rotation as string,
    revision: revision as number,
    ended: ended as EndReason | null,
  };
}

function ownerOf(reply: unknown): [userId: string, sid: string] | null {
  if (reply === null) return null;
  const owner = parsed(reply);
  if (!Array.isArray(owner) || owner.length !== 2 || !owner.every((it) => typeof it === "string")) throw nonsense();
  return owner as [string, string];
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    throw nonsense();
  }
}

/** A count, which replies hold as text. */
function countOf(reply: unknown): number {
  const count = typeof reply === "string" ? Number(reply) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw nonsense();
  return count;
}

/** A script's 1 or 0. */
function isDone(reply: unknown): boolean {
  const count = countOf(reply);
  if (count !== 0 && count !== 1) throw nonsense();
  return count === 1;
}

function textList(reply: unknown): readonly string[] {
  if (!Array.isArray(reply) || !textsOf(reply, reply.length).every((it) => it !== null)) throw nonsense();
  return reply as string[];
}

/** A list in which every two texts belong together. */
function pairsOf(reply: unknown): readonly (readonly [string, string])[] {
  const texts = textList(reply);
  return texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] as string] as const] : []));
}

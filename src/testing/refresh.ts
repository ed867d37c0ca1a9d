import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import type { RefreshStore, Session, StoredSession } from "../stores/contract.ts";
import { type ContractCase, casesOf, fresh } from "./contract.ts";

const START = Date.UTC(2030, 0, 1, 0, 0, 0, 123);
const DAY = 86_400_000;
const LIMIT = 100;
const at = (ms: number): Date => new Date(START + ms);

function sessionOf(change: Partial<StoredSession> = {}): StoredSession {
  return {
    sid: fresh("sid"),
    userId: fresh("user"),
    createdAt: at(0),
    lastUsedAt: change.createdAt ?? at(0),
    family: randomBytes(32).toString("base64url"),
    expiresAt: at(DAY),
    passwordChangedAt: null,
    rotation: "0;;;;first;;",
    revision: 0,
    ended: null,
    ...change,
  };
}

/** Begins a session of which nothing else is known. */
async function begun(store: RefreshStore, change: Partial<StoredSession> = {}): Promise<StoredSession> {
  const session = sessionOf(change);
  deepStrictEqual(await store.startSession(session, await store.endings(session.userId), LIMIT), []);
  return session;
}

/** What a session becomes when it is refreshed. */
function following(session: StoredSession, change: Partial<StoredSession> = {}): StoredSession {
  return { ...session, revision: session.revision + 1, rotation: `"${fresh("rotation")}"`, ...change };
}

function listed({ sid, userId, createdAt, lastUsedAt }: StoredSession): Session {
  return { sid, userId, createdAt, lastUsedAt };
}

function bySid<Of extends { readonly sid: string }>(all: readonly Of[]): readonly Of[] {
  return [...all].sort((a, b) => (a.sid < b.sid ? -1 : 1));
}

/** Asserts that a session is found as ended, and is never replaced. */
async function isEnded(store: RefreshStore, session: StoredSession, reason: "logout" | "reuse"): Promise<void> {
  const stored = await store.findSession(session.family);
  ok(stored !== null, "an ended session is forgotten before it is deleted");
  strictEqual(stored.ended, reason);
  strictEqual(await store.replaceSession(stored, following(stored)), false, "an ended session was replaced");
  strictEqual(await store.replaceSession(session, following(session)), false, "an ended session was replaced");
}

/**
 * What every {@link RefreshStore} promises, as cases for any runner.
 *
 * @param open - gives the store, the same or another for each case; the cases use ids of their own
 *
 * @example
 * ```ts
 * for (const { name, run } of refreshStoreContract(() => myRefreshStore)) test(name, run);
 * ```
 */
export function refreshStoreContract(open: () => RefreshStore | Promise<RefreshStore>): readonly ContractCase[] {
  return casesOf(open, {
    "answers exactly null for a family that there is not": async (store) => {
      strictEqual(await store.findSession(fresh("family")), null);
    },
    "gives back what was stored, to the millisecond": async (store) => {
      const change = { expiresAt: at(DAY + 7), lastUsedAt: at(5), passwordChangedAt: at(-86_400_001) };
      for (const session of [await begun(store), await begun(store, change)]) {
        deepStrictEqual(await store.findSession(session.family), session);
      }
    },
    "replaces a session, and gives back what it became": async (store) => {
      const session = await begun(store);
      const next = following(session, { lastUsedAt: at(1_001), expiresAt: at(DAY + 9) });
      strictEqual(await store.replaceSession(session, next), true);
      deepStrictEqual(await store.findSession(session.family), next);
      const last = following(next, { rotation: `"${"x".repeat(1_000)}"` });
      strictEqual(await store.replaceSession(next, last), true);
      deepStrictEqual(await store.findSession(session.family), last);
    },
    "replaces a session only where it is still the one that was read": async (store) => {
      const session = await begun(store);
      const next = following(session);
      strictEqual(await store.replaceSession(session, next), true);
      strictEqual(await store.replaceSession(session, following(session)), false, "it was replaced since");
      deepStrictEqual(await store.findSession(session.family), next);
      const unknown = sessionOf();
      strictEqual(await store.replaceSession(unknown, following(unknown)), false, "there is none");
      strictEqual(await store.findSession(unknown.family), null);
    },
    "lets one of fifty replacements at once through": async (store) => {
      const session = await begun(store);
      const nexts = Array.from({ length: 50 }, () => following(session));
      const answers = await Promise.all(nexts.map((next) => store.replaceSession(session, next)));
      strictEqual(answers.filter((answer) => answer === true).length, 1);
      deepStrictEqual(await store.findSession(session.family), nexts[answers.indexOf(true)]);
    },
    "ends a session: it is found as ended, and nothing brings it back": async (store) => {
      const session = await begun(store);
      strictEqual(await store.endSession(session.sid, session.userId, "reuse"), "reuse");
      await isEnded(store, session, "reuse");
      deepStrictEqual(await store.sessions(session.userId, at(1)), []);
      strictEqual(await store.endSession(session.sid, session.userId, "logout"), "reuse", "ended twice");
      await isEnded(store, session, "reuse");
      const other = await begun(store, { userId: session.userId });
      strictEqual(await store.endSession(other.sid, other.userId, "logout"), "logout");
      await isEnded(store, other, "logout");
    },
    "ends a session that is replaced at the same time": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const session = await begun(store);
        const { sid, userId } = session;
        const end = round % 2 === 0 ? store.endSession(sid, userId, "logout") : store.endSessions(userId, at(1));
        await Promise.all([store.replaceSession(session, following(session)), end]);
        await isEnded(store, session, "logout");
      }
    },
    "ends no session of another user, and none that there is not": async (store) => {
      const session = await begun(store);
      strictEqual(await store.endSession(session.sid, fresh("user"), "logout"), null);
      strictEqual(await store.endSession(fresh("sid"), session.userId, "logout"), null);
      deepStrictEqual(await store.findSession(session.family), session);
    },
    "ends all of a user's sessions, says which and why, and leaves other users and later sessions alone": async (
      store,
    ) => {
      const userId = fresh("user");
      const own = [await begun(store, { userId }), await begun(store, { userId })];
      const other = await begun(store);
      const stolen = await begun(store, { userId });
      await store.endSession(stolen.sid, userId, "reuse");
      const ended = await store.endSessions(userId, at(1));
      const expected = [...own.map(({ sid }) => ({ sid, ended: "logout" })), { sid: stolen.sid, ended: "reuse" }];
      deepStrictEqual(bySid(ended), bySid(expected));
      for (const session of own) await isEnded(store, session, "logout");
      deepStrictEqual(bySid(await store.endSessions(userId, at(2))), bySid(expected), "not deleted yet");
      deepStrictEqual(await store.sessions(userId, at(1)), []);
      strictEqual(await store.replaceSession(other, following(other)), true, "another user's");
      const later = await begun(store, { userId });
      strictEqual(await store.replaceSession(later, following(later)), true, "a later one");
      strictEqual((await store.endSessions(fresh("user"), at(1))).length, 0, "a user without sessions");
    },
    "counts how often all of a user's sessions were ended": async (store) => {
      const userId = fresh("user");
      strictEqual(await store.endings(userId), 0);
      await store.endSessions(userId, at(1));
      strictEqual(await store.endings(userId), 1);
      await store.endSessions(userId, at(1));
      strictEqual(await store.endings(userId), 2);
      strictEqual(await store.endings(fresh("user")), 0, "another user's");
    },
    "begins no session that was decided on before all were ended": async (store) => {
      const session = sessionOf();
      const endings = await store.endings(session.userId);
      await store.endSessions(session.userId, at(1));
      strictEqual(await store.startSession(session, endings, LIMIT), null);
      strictEqual(await store.findSession(session.family), null, "it was stored all the same");
      deepStrictEqual(await store.sessions(session.userId, at(1)), []);
      deepStrictEqual(await store.startSession(session, endings + 1, LIMIT), []);
      deepStrictEqual(await store.findSession(session.family), session);
      const other = sessionOf();
      deepStrictEqual(await store.startSession(other, 1, LIMIT), [], "the count was forgotten since it was read");
    },
    "lets no session outlive an end that comes at the same time": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const session = sessionOf();
        const endings = await store.endings(session.userId);
        const [, ended] = await Promise.all([
          store.startSession(session, endings, LIMIT),
          store.endSessions(session.userId, at(1)),
        ]);
        const stored = await store.findSession(session.family);
        if (stored !== null) strictEqual(stored.ended, "logout", "a session outlived the end of all");
        strictEqual(
          ended.some(({ sid }) => sid === session.sid),
          stored !== null,
          "it does not say what it ended",
        );
      }
    },
    "deletes sessions that were ended, and no others": async (store) => {
      const userId = fresh("user");
      const [ended, living] = [await begun(store, { userId }), await begun(store, { userId })];
      await store.endSession(ended.sid, userId, "logout");
      await store.deleteSessions(userId, [ended.sid, living.sid, fresh("sid")]);
      strictEqual(await store.findSession(ended.family), null);
      deepStrictEqual(await store.findSession(living.family), living);
      strictEqual(await store.endSession(ended.sid, userId, "logout"), null);
      await store.deleteSessions(userId, [ended.sid]);
      deepStrictEqual(await store.endSessions(userId, at(1)), [{ sid: living.sid, ended: "logout" }]);
    },
    "lists a user's living sessions, the last used first": async (store) => {
      const userId = fresh("user");
      const all: StoredSession[] = [];
      for (const ms of [0, 10, 20, 25]) all.push(await begun(store, { userId, createdAt: at(ms) }));
      const [a, b, c, d] = all as [StoredSession, StoredSession, StoredSession, StoredSession];
      strictEqual(await store.replaceSession(a, following(a, { lastUsedAt: at(30) })), true);
      await store.endSession(d.sid, userId, "logout");
      deepStrictEqual(await store.sessions(userId, at(31)), [
        { ...listed(a), lastUsedAt: at(30) },
        listed(c),
        listed(b),
      ]);
      deepStrictEqual(await store.sessions(fresh("user"), at(31)), []);
    },
    "lists a session until it expires, and as long as its refreshes say": async (store) => {
      const session = await begun(store, { expiresAt: at(1_000) });
      strictEqual((await store.sessions(session.userId, at(999))).length, 1);
      deepStrictEqual(await store.sessions(session.userId, at(1_000)), []);
      strictEqual(await store.replaceSession(session, following(session, { expiresAt: at(5_000) })), true);
      strictEqual((await store.sessions(session.userId, at(4_999))).length, 1);
      deepStrictEqual(await store.sessions(session.userId, at(5_000)), []);
    },
    "keeps as many sessions of a user as it may, those that were used last": async (store) => {
      const userId = fresh("user");
      const all: StoredSession[] = [];
      for (const ms of [0, 1, 2]) all.push(await begun(store, { userId, createdAt: at(ms) }));
      const [a, b, c] = all as [StoredSession, StoredSession, StoredSession];
      strictEqual(await store.replaceSession(a, following(a, { lastUsedAt: at(10) })), true);
      const late = sessionOf({ userId, createdAt: at(-1) }); // of a machine whose clock is behind
      deepStrictEqual(await store.startSession(late, 0, 3), [b.sid]);
      strictEqual(await store.findSession(b.family), null);
      const sids = (await store.sessions(userId, at(11))).map(({ sid }) => sid);
      deepStrictEqual(sids, [a.sid, c.sid, late.sid]);
      const last = sessionOf({ userId, createdAt: at(11) });
      const deleted = await store.startSession(last, 0, 1);
      deepStrictEqual(deleted && [...deleted].sort(), [a.sid, c.sid, late.sid].sort());
      deepStrictEqual(await store.sessions(userId, at(11)), [listed(last)]);
    },
    "holds a hundred sessions of one user that begin at once": async (store) => {
      const userId = fresh("user");
      await Promise.all(Array.from({ length: LIMIT }, (_, ms) => begun(store, { userId, createdAt: at(ms) })));
      const sessions = await store.sessions(userId, at(100));
      strictEqual(sessions.length, LIMIT);
      ok(sessions.every(({ lastUsedAt }, index) => lastUsedAt.getTime() === START + LIMIT - 1 - index));
      strictEqual((await store.endSessions(userId, at(1))).length, LIMIT);
    },
    "takes users' ids of any characters": async (store) => {
      for (const odd of ["'; --", '"', "\\", "{x}", "}{", "a:b", "%", "*", "\u{1f511}", "__proto__", "x".repeat(900)]) {
        const userId = `${fresh("user")}${odd}`;
        const session = await begun(store, { userId });
        deepStrictEqual(await store.findSession(session.family), session, odd);
        strictEqual((await store.sessions(userId, at(1))).length, 1, odd);
        deepStrictEqual(await store.endSessions(userId, at(1)), [{ sid: session.sid, ended: "logout" }], odd);
      }
    },
  });
}

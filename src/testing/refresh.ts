import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { DAY_MS } from "../shared/clock.ts";
import type { RefreshStore, StoredSession } from "../stores/contract.ts";
import { at, type ContractCase, createCases, createId, createMany } from "./contract.ts";

const LIMIT = 100;

function createSession(change: Partial<StoredSession> = {}): StoredSession {
  return {
    sid: createId("sid"),
    userId: createId("user"),
    createdAt: at(0),
    lastUsedAt: change.createdAt ?? at(0),
    family: randomBytes(32).toString("base64url"),
    expiresAt: at(DAY_MS),
    passwordChangedAt: null,
    rotation: "0;;;;first;;",
    details: "{}",
    revision: 0,
    ended: null,
    ...change,
  };
}

/** Starts a session and returns it. */
async function beginSession(store: RefreshStore, change: Partial<StoredSession> = {}): Promise<StoredSession> {
  const session = createSession(change);
  deepStrictEqual(await store.startSession(session, await store.endings(session.userId), LIMIT), []);
  return session;
}

/** Returns the next state of a session, as a refresh makes it. */
function refreshSession(session: StoredSession, change: Partial<StoredSession> = {}): StoredSession {
  return { ...session, revision: session.revision + 1, rotation: `"${createId("rotation")}"`, ...change };
}

function sortBySid<Of extends { readonly sid: string }>(all: readonly Of[]): readonly Of[] {
  return [...all].sort((a, b) => (a.sid < b.sid ? -1 : 1));
}

/** Asserts that a session is found as ended and can't be replaced. */
async function checkEnded(store: RefreshStore, session: StoredSession, reason: "logout" | "reuse"): Promise<void> {
  const stored = await store.findSession(session.family);
  ok(stored !== null, "an ended session is forgotten before it is deleted");
  strictEqual(stored.ended, reason);
  strictEqual(await store.replaceSession(stored, refreshSession(stored)), false, "an ended session was replaced");
  strictEqual(await store.replaceSession(session, refreshSession(session)), false, "an ended session was replaced");
}

/**
 * Returns the promises of a {@link RefreshStore}, as cases for any test runner.
 *
 * @param open - returns the store; all cases may share one
 *
 * @example
 * ```ts
 * for (const { name, run } of refreshStoreContract(() => myRefreshStore)) test(name, run);
 * ```
 */
export function refreshStoreContract(open: () => RefreshStore | Promise<RefreshStore>): readonly ContractCase[] {
  return createCases(open, {
    "answers exactly null for a family that there is not": async (store) => {
      strictEqual(await store.findSession(createId("family")), null);
    },
    "gives back what was stored, to the millisecond": async (store) => {
      const change = { expiresAt: at(DAY_MS + 7), lastUsedAt: at(5), passwordChangedAt: at(-86_400_001) };
      const plain = { details: "" }; // of a version that kept none
      for (const session of [await beginSession(store, plain), await beginSession(store, change)]) {
        deepStrictEqual(await store.findSession(session.family), session);
      }
    },
    "replaces a session, and gives back what it became": async (store) => {
      const session = await beginSession(store);
      const next = refreshSession(session, { lastUsedAt: at(1_001), expiresAt: at(DAY_MS + 9) });
      strictEqual(await store.replaceSession(session, next), true);
      deepStrictEqual(await store.findSession(session.family), next);
      const last = refreshSession(next, {
        passwordChangedAt: at(-5),
        rotation: `"${"x".repeat(1_000)}"`,
        details: `{"'\\\u00e9\u{1f511}%": "${"x".repeat(4_000)}"}`,
      });
      strictEqual(await store.replaceSession(next, last), true);
      deepStrictEqual(await store.findSession(session.family), last);
    },
    "replaces a session that was stored without details": async (store) => {
      const session = await beginSession(store, { details: "" });
      const next = refreshSession(session, { details: "{}" });
      strictEqual(await store.replaceSession(session, next), true);
      deepStrictEqual(await store.findSession(session.family), next);
    },
    "replaces a session only where it is still the one that was read": async (store) => {
      const session = await beginSession(store);
      const next = refreshSession(session);
      strictEqual(await store.replaceSession(session, next), true);
      strictEqual(await store.replaceSession(session, refreshSession(session)), false, "it was replaced since");
      deepStrictEqual(await store.findSession(session.family), next);
      const unknown = createSession();
      strictEqual(await store.replaceSession(unknown, refreshSession(unknown)), false, "there is none");
      strictEqual(await store.findSession(unknown.family), null);
    },
    "lets one of fifty replacements at once through": async (store) => {
      const session = await beginSession(store);
      const nexts = createMany(50, () => refreshSession(session));
      const answers = await Promise.all(nexts.map((next) => store.replaceSession(session, next)));
      strictEqual(answers.filter((answer) => answer === true).length, 1);
      deepStrictEqual(await store.findSession(session.family), nexts[answers.indexOf(true)]);
    },
    "ends a session: it is found as ended, and nothing brings it back": async (store) => {
      const session = await beginSession(store);
      strictEqual(await store.endSession(session.sid, session.userId, "reuse"), "reuse");
      await checkEnded(store, session, "reuse");
      deepStrictEqual(await store.sessions(session.userId, at(1)), []);
      strictEqual(await store.endSession(session.sid, session.userId, "logout"), "reuse", "ended twice");
      await checkEnded(store, session, "reuse");
      const other = await beginSession(store, { userId: session.userId });
      strictEqual(await store.endSession(other.sid, other.userId, "logout"), "logout");
      await checkEnded(store, other, "logout");
    },
    "ends a session that is replaced at the same time": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const session = await beginSession(store);
        const { sid, userId } = session;
        const end = round % 2 === 0 ? store.endSession(sid, userId, "logout") : store.endSessions(userId, at(1));
        await Promise.all([store.replaceSession(session, refreshSession(session)), end]);
        await checkEnded(store, session, "logout");
      }
    },
    "ends no session of another user, and none that there is not": async (store) => {
      const session = await beginSession(store);
      strictEqual(await store.endSession(session.sid, createId("user"), "logout"), null);
      strictEqual(await store.endSession(createId("sid"), session.userId, "logout"), null);
      deepStrictEqual(await store.findSession(session.family), session);
    },
    "ends all of a user's sessions, says which and why, and leaves other users and later sessions alone": async (
      store,
    ) => {
      const userId = createId("user");
      const own = [await beginSession(store, { userId }), await beginSession(store, { userId })];
      const other = await beginSession(store);
      const stolen = await beginSession(store, { userId });
      await store.endSession(stolen.sid, userId, "reuse");
      const ended = await store.endSessions(userId, at(1));
      const expected = [...own.map(({ sid }) => ({ sid, ended: "logout" })), { sid: stolen.sid, ended: "reuse" }];
      deepStrictEqual(sortBySid(ended), sortBySid(expected));
      for (const session of own) await checkEnded(store, session, "logout");
      deepStrictEqual(sortBySid(await store.endSessions(userId, at(2))), sortBySid(expected), "not deleted yet");
      deepStrictEqual(await store.sessions(userId, at(1)), []);
      strictEqual(await store.replaceSession(other, refreshSession(other)), true, "another user's");
      const later = await beginSession(store, { userId });
      strictEqual(await store.replaceSession(later, refreshSession(later)), true, "a later one");
      strictEqual((await store.endSessions(createId("user"), at(1))).length, 0, "a user without sessions");
    },
    "ends all of a user's sessions but one, and that one with the next end of all": async (store) => {
      const userId = createId("user");
      const [kept, other] = [await beginSession(store, { userId }), await beginSession(store, { userId })];
      deepStrictEqual(await store.endSessions(userId, at(1), kept.sid), [{ sid: other.sid, ended: "logout" }]);
      await checkEnded(store, other, "logout");
      strictEqual(await store.endings(userId), 1, "it does not count");
      const next = refreshSession(kept);
      strictEqual(await store.replaceSession(kept, next), true, "the one was ended too");
      deepStrictEqual(await store.sessions(userId, at(2)), [next]);
      const ended = await store.endSessions(userId, at(2));
      deepStrictEqual(sortBySid(ended), sortBySid([kept, other].map(({ sid }) => ({ sid, ended: "logout" }))));
      await checkEnded(store, next, "logout");
      strictEqual((await store.endSessions(userId, at(3), kept.sid)).length, 2, "what has ended is no exception");
    },
    "counts how often all of a user's sessions were ended": async (store) => {
      const userId = createId("user");
      strictEqual(await store.endings(userId), 0);
      await store.endSessions(userId, at(1));
      strictEqual(await store.endings(userId), 1);
      await store.endSessions(userId, at(1));
      strictEqual(await store.endings(userId), 2);
      strictEqual(await store.endings(createId("user")), 0, "another user's");
    },
    "begins no session that was decided on before all were ended": async (store) => {
      const session = createSession();
      const endings = await store.endings(session.userId);
      await store.endSessions(session.userId, at(1));
      strictEqual(await store.startSession(session, endings, LIMIT), null);
      strictEqual(await store.findSession(session.family), null, "it was stored all the same");
      deepStrictEqual(await store.sessions(session.userId, at(1)), []);
      deepStrictEqual(await store.startSession(session, endings + 1, LIMIT), []);
      deepStrictEqual(await store.findSession(session.family), session);
      const other = createSession();
      for (const late of [other, createSession({ userId: other.userId })]) {
        deepStrictEqual(await store.startSession(late, 1, LIMIT), [], "the count was forgotten since it was read");
      }
    },
    "lets no session outlive an end that comes at the same time": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const session = createSession();
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
      const userId = createId("user");
      const [ended, living] = [await beginSession(store, { userId }), await beginSession(store, { userId })];
      await store.endSession(ended.sid, userId, "logout");
      await store.deleteSessions(createId("user"), [ended.sid]);
      ok((await store.findSession(ended.family)) !== null, "another user's was deleted");
      await store.deleteSessions(userId, [ended.sid, living.sid, createId("sid")]);
      strictEqual(await store.findSession(ended.family), null);
      deepStrictEqual(await store.findSession(living.family), living);
      strictEqual(await store.endSession(ended.sid, userId, "logout"), null);
      await store.deleteSessions(userId, [ended.sid]);
      deepStrictEqual(await store.endSessions(userId, at(1)), [{ sid: living.sid, ended: "logout" }]);
    },
    "lists a user's living sessions, the last used first": async (store) => {
      const userId = createId("user");
      const all: StoredSession[] = [];
      for (const ms of [0, 10, 20, 25]) all.push(await beginSession(store, { userId, createdAt: at(ms) }));
      const [a, b, c, d] = all as [StoredSession, StoredSession, StoredSession, StoredSession];
      const replaced = refreshSession(a, { lastUsedAt: at(30), details: "{}" });
      strictEqual(await store.replaceSession(a, replaced), true);
      await store.endSession(d.sid, userId, "logout");
      deepStrictEqual(await store.sessions(userId, at(31)), [replaced, c, b]);
      deepStrictEqual(await store.sessions(createId("user"), at(31)), []);
    },
    "lists a session until it expires, and as long as its refreshes say": async (store) => {
      const session = await beginSession(store, { expiresAt: at(1_000) });
      strictEqual((await store.sessions(session.userId, at(999))).length, 1);
      deepStrictEqual(await store.sessions(session.userId, at(1_000)), []);
      strictEqual(await store.replaceSession(session, refreshSession(session, { expiresAt: at(5_000) })), true);
      strictEqual((await store.sessions(session.userId, at(4_999))).length, 1);
      deepStrictEqual(await store.sessions(session.userId, at(5_000)), []);
    },
    "keeps as many sessions of a user as it may, those that were used last": async (store) => {
      const userId = createId("user");
      const all: StoredSession[] = [];
      for (const ms of [0, 1, 2]) all.push(await beginSession(store, { userId, createdAt: at(ms) }));
      const [a, b, c] = all as [StoredSession, StoredSession, StoredSession];
      strictEqual(await store.replaceSession(a, refreshSession(a, { lastUsedAt: at(10) })), true);
      const gone = await beginSession(store, { userId, createdAt: at(5) });
      await store.endSession(gone.sid, userId, "reuse");
      const late = createSession({ userId, createdAt: at(-1) }); // of a machine whose clock is behind
      deepStrictEqual(await store.startSession(late, 0, 3), [b.sid]);
      strictEqual(await store.findSession(b.family), null);
      const sids = (await store.sessions(userId, at(11))).map(({ sid }) => sid);
      deepStrictEqual(sids, [a.sid, c.sid, late.sid]);
      const last = createSession({ userId, createdAt: at(11) });
      const deleted = await store.startSession(last, 0, 1);
      deepStrictEqual(deleted && [...deleted].sort(), [a.sid, c.sid, late.sid].sort());
      strictEqual((await store.findSession(gone.family))?.ended, "reuse", "one that was ended is not over the limit");
      deepStrictEqual(await store.sessions(userId, at(11)), [last]);
    },
    "holds a hundred sessions of one user that begin at once": async (store) => {
      const userId = createId("user");
      await Promise.all(createMany(LIMIT, (ms) => beginSession(store, { userId, createdAt: at(ms) })));
      const sessions = await store.sessions(userId, at(100));
      strictEqual(sessions.length, LIMIT);
      ok(sessions.every(({ lastUsedAt }, index) => lastUsedAt.getTime() === at(LIMIT - 1 - index).getTime()));
      strictEqual((await store.endSessions(userId, at(1))).length, LIMIT);
    },
    "takes users' ids of any characters": async (store) => {
      for (const odd of ["'; --", '"', "\\", "{x}", "}{", "a:b", "%", "*", "\u{1f511}", "__proto__", "x".repeat(900)]) {
        const userId = `${createId("user")}${odd}`;
        const session = await beginSession(store, { userId });
        deepStrictEqual(await store.findSession(session.family), session, odd);
        strictEqual((await store.sessions(userId, at(1))).length, 1, odd);
        deepStrictEqual(await store.endSessions(userId, at(1)), [{ sid: session.sid, ended: "logout" }], odd);
      }
    },
  });
}

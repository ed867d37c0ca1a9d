import { deepEqual, equal, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { RefreshStore, RefreshToken, Session, SpendOutcome, StoredRefreshToken } from "../stores/contract.ts";
import { type ContractCase, casesOf, fresh } from "./contract.ts";

const START = Date.UTC(2030, 0, 1, 0, 0, 0, 123);
const DAY = 86_400_000;
const at = (ms: number): Date => new Date(START + ms);
const EVER = at(0);
const NEVER = at(DAY);

function sessionOf(userId: string = fresh("user"), ms = 0): Session {
  return { sid: fresh("sid"), userId, createdAt: at(ms), lastUsedAt: at(ms) };
}

function token(expiresAt: Date = at(DAY)): RefreshToken {
  return { tokenHash: randomBytes(32).toString("base64url"), expiresAt };
}

/** Begins a session, and finds its first token as a spender would. */
async function begun(store: RefreshStore, session: Session = sessionOf()): Promise<StoredRefreshToken> {
  const first = token();
  await store.startSession(session, first);
  return found(store, first);
}

async function found(store: RefreshStore, { tokenHash }: RefreshToken): Promise<StoredRefreshToken> {
  const stored = await store.findToken(tokenHash);
  ok(stored !== null, "a token of a session that lives is not found");
  return stored;
}

/** Spends at once, as often as it says, and counts what came of it. */
async function spendAll(
  store: RefreshStore,
  stored: StoredRefreshToken,
  times: number,
  graceFrom: Date,
): Promise<Partial<Record<SpendOutcome, number>>> {
  const spends = Array.from({ length: times }, () => store.spend(stored, token(), at(1), graceFrom));
  const counts: Partial<Record<SpendOutcome, number>> = {};
  for (const outcome of await Promise.all(spends)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
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
    "answers exactly null for a token that there is not": async (store) => {
      equal(await store.findToken(token().tokenHash), null);
    },
    "gives back what was stored, to the millisecond": async (store) => {
      const session = sessionOf();
      const first = token(at(DAY + 7));
      await store.startSession(session, first);
      deepEqual(await found(store, first), { ...first, session, spentAt: null });
    },
    "spends a token once, and says when": async (store) => {
      const stored = await begun(store);
      equal(await store.spend(stored, token(), at(1_001), EVER), "fresh");
      deepEqual((await found(store, stored)).spentAt, at(1_001));
    },
    "adds the successor, of the same session": async (store) => {
      const stored = await begun(store);
      const next = token(at(DAY + 9));
      await store.spend(stored, next, at(1_001), EVER);
      const session = { ...stored.session, lastUsedAt: at(1_001) };
      deepEqual(await found(store, next), { ...next, session, spentAt: null });
      equal(await store.spend(await found(store, next), token(), at(2_000), EVER), "fresh");
    },
    "gives a sibling from the grace's first instant on, and none before": async (store) => {
      const stored = await begun(store);
      await store.spend(stored, token(), at(1_000), EVER);
      const [early, late] = [token(), token()];
      equal(await store.spend(stored, early, at(2_000), at(1_000)), "sibling");
      ok((await store.findToken(early.tokenHash)) !== null, "a sibling is not found");
      equal(await store.spend(stored, late, at(2_000), at(1_001)), "reused");
      equal(await store.findToken(late.tokenHash), null, "the successor of a reused token was added");
      deepEqual((await found(store, stored)).spentAt, at(1_000), "the first spending counts");
    },
    "finds one fresh among fifty spends at once, without a grace": async (store) => {
      const counts = await spendAll(store, await begun(store), 50, NEVER);
      deepEqual(counts, { fresh: 1, reused: 49 });
    },
    "finds one fresh among fifty spends at once, with a grace": async (store) => {
      const counts = await spendAll(store, await begun(store), 50, EVER);
      deepEqual(counts, { fresh: 1, sibling: 49 });
    },
    "keeps a token spent when the clock jumps back": async (store) => {
      const stored = await begun(store);
      equal(await store.spend(stored, token(), at(3_600_000), EVER), "fresh");
      equal(await store.spend(stored, token(), at(0), EVER), "sibling");
      equal(await store.spend(stored, token(), at(0), NEVER), "reused");
    },
    "ends a session: no token of it is found or spent, and nothing brings it back": async (store) => {
      const stored = await begun(store);
      const next = token();
      await store.spend(stored, next, at(1), EVER);
      const nextStored = await found(store, next);
      await store.endSession(stored.session.sid, stored.session.userId);
      const late = token();
      equal(await store.findToken(stored.tokenHash), null);
      equal(await store.findToken(next.tokenHash), null);
      equal(await store.spend(nextStored, late, at(2), EVER), "ended");
      equal(await store.spend(stored, late, at(2), EVER), "ended");
      equal(await store.findToken(late.tokenHash), null);
      deepEqual(await store.sessions(stored.session.userId, EVER), []);
      await store.endSession(stored.session.sid, stored.session.userId);
    },
    "answers ended for a token that there is not": async (store) => {
      const next = token();
      equal(await store.spend({ ...token(), session: sessionOf(), spentAt: null }, next, at(1), EVER), "ended");
      equal(await store.findToken(next.tokenHash), null);
    },
    "leaves other sessions alone": async (store) => {
      const one = await begun(store);
      const two = await begun(store, sessionOf(one.session.userId));
      await store.endSession(one.session.sid, one.session.userId);
      equal(await store.spend(two, token(), at(1), EVER), "fresh");
    },
    "ends all of a user's sessions, says which, and leaves other users and later sessions alone": async (store) => {
      const userId = fresh("user");
      const own = [await begun(store, sessionOf(userId)), await begun(store, sessionOf(userId))];
      const other = await begun(store);
      const ended = await store.endSessions(userId);
      deepEqual([...ended].sort(), own.map(({ session }) => session.sid).sort());
      for (const { tokenHash } of own) equal(await store.findToken(tokenHash), null);
      deepEqual(await store.endSessions(userId), [], "ended twice");
      equal(await store.spend(other, token(), at(1), EVER), "fresh", "another user's");
      equal(await store.spend(await begun(store, sessionOf(userId)), token(), at(1), EVER), "fresh", "a later one");
    },
    "lists a user's sessions, the last used first": async (store) => {
      const userId = fresh("user");
      const stored: StoredRefreshToken[] = [];
      for (const ms of [0, 10, 20]) stored.push(await begun(store, sessionOf(userId, ms)));
      const first = stored[0] as StoredRefreshToken;
      equal(await store.spend(first, token(), at(30), EVER), "fresh");
      const sessions = await store.sessions(userId, at(31));
      const [a, b, c] = stored.map(({ session }) => session);
      deepEqual(sessions, [{ ...a, lastUsedAt: at(30) }, c, b]);
      deepEqual(await store.sessions(fresh("user"), at(31)), []);
    },
    "lists no session whose last token has ended": async (store) => {
      const session = sessionOf();
      const first = token(at(1_000));
      await store.startSession(session, first);
      equal((await store.sessions(session.userId, at(999))).length, 1);
      deepEqual(await store.sessions(session.userId, at(1_000)), []);
    },
    "lists a session for as long as its newest token": async (store) => {
      const session = sessionOf();
      const first = token(at(1_000));
      await store.startSession(session, first);
      await store.spend(await found(store, first), token(at(5_000)), at(500), EVER);
      equal((await store.sessions(session.userId, at(4_999))).length, 1);
      deepEqual(await store.sessions(session.userId, at(5_000)), []);
    },
    "lists a hundred sessions of one user": async (store) => {
      const userId = fresh("user");
      await Promise.all(Array.from({ length: 100 }, (_, ms) => begun(store, sessionOf(userId, ms))));
      const sessions = await store.sessions(userId, at(100));
      equal(sessions.length, 100);
      ok(sessions.every(({ lastUsedAt }, index) => lastUsedAt.getTime() === START + 99 - index));
      equal((await store.endSessions(userId)).length, 100);
    },
    "leaves nothing behind when a session is spent and ended at once": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const stored = await begun(store);
        const { sid, userId } = stored.session;
        const next = token();
        const end = round % 2 === 0 ? store.endSession(sid, userId) : store.endSessions(userId);
        const [outcome] = await Promise.all([store.spend(stored, next, at(1), EVER), end]);
        ok(outcome === "fresh" || outcome === "ended", outcome);
        equal(await store.findToken(next.tokenHash), null, "a token outlived its session");
        equal(await store.findToken(stored.tokenHash), null, "a token outlived its session");
        deepEqual(await store.sessions(userId, EVER), []);
      }
    },
    "takes users' ids of any characters": async (store) => {
      for (const odd of [
        "'; --",
        '"',
        "\\",
        "{x}",
        "}{",
        "a:b",
        "%",
        "*",
        "\u{1f511}",
        "__proto__",
        "x".repeat(1_000),
      ]) {
        const userId = `${fresh("user")}${odd}`;
        const stored = await begun(store, sessionOf(userId));
        equal(stored.session.userId, userId);
        equal((await store.sessions(userId, at(1))).length, 1, odd);
        deepEqual(await store.endSessions(userId), [stored.session.sid], odd);
      }
    },
  });
}

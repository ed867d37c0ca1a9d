import { ok, strictEqual } from "node:assert";
import { HOUR_MS } from "../shared/clock.ts";
import { sleep } from "../shared/promise.ts";
import type { Blocklist, TokenReference } from "../stores/contract.ts";
import { type ContractCase, createCases, createId, createMany, createOddIds } from "./contract.ts";

/** The values that most cases begin with. */
interface Scene {
  readonly token: TokenReference;
  readonly now: number;
  readonly later: Date;
}

/**
 * Creates a token that nobody has revoked, and instants around the last half second that has passed: from there, a
 * millisecond more or less leads into no other second, which a store that rounds would not show.
 */
function createScene(now: () => number): Scene {
  const time = Math.floor(now() / 1_000 - 0.5) * 1_000 + 500;
  const token = { jti: createId("jti"), sid: createId("sid"), userId: createId("user"), issuedAt: new Date(time) };
  return { token, now: time, later: new Date(time + HOUR_MS) };
}

/**
 * Returns the promises of a {@link Blocklist}, as cases for any test runner.
 *
 * @param open - returns the blocklist; all cases may share one
 * @param now - the clock of the blocklist, `Date.now` by default
 *
 * @example
 * ```ts
 * for (const { name, run } of blocklistContract(() => myBlocklist)) test(name, run);
 * ```
 */
export function blocklistContract(
  open: () => Blocklist | Promise<Blocklist>,
  now: () => number = Date.now,
): readonly ContractCase[] {
  return createCases(open, {
    "answers exactly false for what was not revoked": async (list) => {
      strictEqual(await list.isRevoked(createScene(now).token), false);
    },
    "answers exactly true for a revoked token, and for no other": async (list) => {
      const { token, later } = createScene(now);
      await list.revokeToken(token.jti as string, later, token.userId);
      strictEqual(await list.isRevoked(token), true);
      strictEqual(await list.isRevoked({ ...token, jti: createId("jti") }), false);
    },
    "answers exactly true for every token of a revoked session, and for no other": async (list) => {
      const { token, later } = createScene(now);
      await list.revokeSession(token.sid as string, later, token.userId);
      strictEqual(await list.isRevoked({ ...token, jti: createId("jti") }), true);
      strictEqual(await list.isRevoked({ ...token, jti: null }), true);
      strictEqual(await list.isRevoked({ ...token, sid: createId("sid") }), false);
    },
    "cuts off a user's tokens up to an instant, to the millisecond": async (list) => {
      const { token, now: at, later } = createScene(now);
      await list.revokeUser(token.userId, new Date(at), later);
      const issued = (ms: number) => list.isRevoked({ ...token, issuedAt: new Date(at + ms) });
      strictEqual(await issued(-HOUR_MS), true, "issued long before");
      strictEqual(await issued(-1), true, "issued in the same second, before");
      strictEqual(await issued(0), true, "issued at that very instant");
      strictEqual(await issued(1), false, "issued in the same second, after");
      strictEqual(await issued(HOUR_MS), false, "issued long after");
      strictEqual(await list.isRevoked({ ...token, userId: createId("user") }), false, "another user's");
    },
    "takes a token without a time for one of before the cut": async (list) => {
      const { token, now: at, later } = createScene(now);
      await list.revokeUser(token.userId, new Date(at), later);
      strictEqual(await list.isRevoked({ ...token, issuedAt: new Date(Number.NaN) }), true);
      strictEqual(await list.isRevoked({ ...token, issuedAt: new Date(-8.64e15) }), true);
      strictEqual(await list.isRevoked({ ...token, issuedAt: new Date(8.64e15) }), false);
    },
    "never moves a user's cut back": async (list) => {
      const { token, now: at, later } = createScene(now);
      await list.revokeUser(token.userId, new Date(at), later);
      await list.revokeUser(token.userId, new Date(at - HOUR_MS), new Date(at + 1_000));
      strictEqual(await list.isRevoked(token), true);
      await list.revokeUser(token.userId, new Date(at + 5), later);
      strictEqual(await list.isRevoked({ ...token, issuedAt: new Date(at + 5) }), true);
    },
    "revokes the sessions that are named with a user, whenever their tokens were issued, and no other": async (
      list,
    ) => {
      const { token, now: at, later } = createScene(now);
      const [one, two] = [token.sid as string, createId("sid")];
      await list.revokeUser(token.userId, new Date(at), later, [one, two, one]);
      const next = { ...token, issuedAt: new Date(at + HOUR_MS) };
      strictEqual(await list.isRevoked(next), true, "the first session's, issued after the cut");
      strictEqual(await list.isRevoked({ ...next, sid: two }), true, "the second session's, issued after the cut");
      strictEqual(
        await list.isRevoked({ ...next, sid: createId("sid") }),
        false,
        "another session's, issued after the cut",
      );
      strictEqual(await list.isRevoked({ ...token, sid: null }), true, "one of no session, issued before the cut");
    },
    "says up to when a user's tokens are revoked, where it can": async (list) => {
      if (list.revokedUpTo === undefined) return;
      const { token, now: at, later } = createScene(now);
      const { userId } = token;
      await list.revokeToken(token.jti as string, later, userId);
      await list.revokeSession(token.sid as string, later, userId);
      strictEqual(await list.revokedUpTo(userId), null, "before any cut");
      await list.revokeUser(userId, new Date(at + 7), later, [token.sid as string]);
      strictEqual((await list.revokedUpTo(userId))?.getTime(), at + 7, "the instant, to the millisecond");
      await list.revokeUser(userId, new Date(at - HOUR_MS), later);
      strictEqual((await list.revokedUpTo(userId))?.getTime(), at + 7, "an earlier one does not move it back");
      await list.revokeUser(userId, new Date(at + HOUR_MS), later);
      strictEqual((await list.revokedUpTo(userId))?.getTime(), at + HOUR_MS, "a later one moves it");
      strictEqual(await list.revokedUpTo(createId("user")), null, "another user's");
    },
    "finds nothing by what a token does not have": async (list) => {
      const { token, later } = createScene(now);
      await list.revokeToken("null", later, token.userId);
      await list.revokeSession("null", later, token.userId);
      strictEqual(await list.isRevoked({ ...token, jti: null, sid: null }), false);
    },
    "keeps tokens, sessions and users apart": async (list) => {
      const { token, now: at, later } = createScene(now);
      const id = createId("id");
      await list.revokeToken(id, later, token.userId);
      strictEqual(await list.isRevoked({ ...token, sid: id }), false, "a session with a token's id");
      const other = createId("id");
      await list.revokeSession(other, later, token.userId);
      strictEqual(await list.isRevoked({ ...token, jti: other }), false, "a token with a session's id");
      const user = createId("id");
      await list.revokeUser(user, new Date(at), later);
      strictEqual(await list.isRevoked({ ...token, jti: user, sid: user }), false, "a token with a user's id");
    },
    "remembers until the end that was named, and no less for being told twice": async (list) => {
      const { token, now: at, later } = createScene(now);
      const soon = new Date(now() + 400);
      const [jti, sid] = [token.jti as string, token.sid as string];
      const other = { ...token, jti: createId("jti"), sid: createId("sid"), userId: createId("user") };
      await list.revokeToken(jti, later, token.userId);
      await list.revokeToken(jti, soon, token.userId);
      await list.revokeSession(other.sid, later, other.userId);
      await list.revokeSession(other.sid, soon, other.userId);
      const third = { ...token, jti: null, sid: null, userId: createId("user") };
      await list.revokeUser(third.userId, new Date(at), later);
      await list.revokeUser(third.userId, new Date(at), soon, [other.sid]);
      await sleep(600);
      strictEqual(await list.isRevoked({ ...token, sid }), true, "a token");
      strictEqual(await list.isRevoked(other), true, "a session");
      strictEqual(await list.isRevoked(third), true, "a user");
    },
    "takes an end that has passed, and one that is far away": async (list) => {
      const { token, now: at } = createScene(now);
      await list.revokeToken(createId("jti"), new Date(at - HOUR_MS), token.userId);
      await list.revokeSession(createId("sid"), new Date(0), token.userId);
      await list.revokeUser(createId("user"), new Date(at), new Date(at - 1));
      strictEqual(await list.isRevoked(token), false);
      await list.revokeToken(token.jti as string, new Date(8.64e15), token.userId);
      strictEqual(await list.isRevoked(token), true);
    },
    "tells apart ids of any characters": async (list) => {
      const { token, later } = createScene(now);
      const ids = createOddIds();
      for (const id of ids) strictEqual(await list.isRevoked({ ...token, jti: id, sid: id, userId: id }), false, id);
      for (const [at, id] of ids.entries()) {
        await list.revokeToken(id, later, token.userId);
        await list.revokeSession(id, later, id);
        const next = ids[at + 1];
        if (next !== undefined) strictEqual(await list.isRevoked({ ...token, jti: next }), false, next);
        if (next !== undefined) strictEqual(await list.isRevoked({ ...token, sid: next, userId: next }), false, next);
      }
      for (const id of ids) {
        strictEqual(await list.isRevoked({ ...token, jti: id }), true, `token ${id}`);
        strictEqual(await list.isRevoked({ ...token, sid: id, userId: id }), true, `session ${id}`);
        const bare = { ...token, jti: null, sid: null, userId: id };
        await list.revokeUser(id, token.issuedAt, later);
        strictEqual(await list.isRevoked(bare), true, `user ${id}`);
      }
    },
    "knows at once what it said it stored, among many at a time": async (list) => {
      const { token, later } = createScene(now);
      const all = createMany(200, () => createId("jti"));
      const answers = await Promise.all(
        all.map(async (jti, at) => {
          const asked = { ...token, jti };
          const before = await list.isRevoked(asked);
          if (at % 2 === 0) await list.revokeToken(jti, later, token.userId);
          return [before, await list.isRevoked(asked)];
        }),
      );
      ok(
        answers.every(([before]) => before === false),
        "revoked before it was",
      );
      ok(
        answers.every(([, after], at) => after === (at % 2 === 0)),
        "not revoked, or the wrong one",
      );
    },
  });
}

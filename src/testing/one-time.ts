import { deepStrictEqual, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { HOUR_MS } from "../shared/clock.ts";
import type { OneTimeStore, StoredOneTimeToken } from "../stores/contract.ts";
import { at, type ContractCase, createCases, createId, createMany } from "./contract.ts";

function createToken(change: Partial<StoredOneTimeToken> = {}): StoredOneTimeToken {
  return {
    digest: randomBytes(32).toString("base64url"),
    purpose: "token:reset",
    userId: createId("user"),
    data: "null",
    expiresAt: at(HOUR_MS),
    ...change,
  };
}

/** Stores a token and returns it. */
async function putToken(store: OneTimeStore, change: Partial<StoredOneTimeToken> = {}): Promise<StoredOneTimeToken> {
  const token = createToken(change);
  await store.put(token, at(0));
  return token;
}

/** Counts a try of the user who has a token, which opens a period of an hour. Returns the count. */
async function countTry(store: OneTimeStore, token: StoredOneTimeToken, ms: number): Promise<number | null> {
  const tried = await store.countTry(token.purpose, token.userId, at(ms), at(ms + HOUR_MS));
  if (tried !== null) deepStrictEqual(tried, { digest: token.digest, tries: tried.tries });
  return tried === null ? null : tried.tries;
}

/**
 * Returns the promises of a {@link OneTimeStore}, as cases for any test runner.
 *
 * @param open - returns the store; all cases may share one
 *
 * @example
 * ```ts
 * for (const { name, run } of oneTimeStoreContract(() => myOneTimeStore)) test(name, run);
 * ```
 */
export function oneTimeStoreContract(open: () => OneTimeStore | Promise<OneTimeStore>): readonly ContractCase[] {
  return createCases(open, {
    "answers exactly null for what there is not": async (store) => {
      const { digest, purpose, userId } = createToken();
      strictEqual(await store.find(digest), null);
      strictEqual(await store.take(digest), null);
      strictEqual(await store.countTry(purpose, userId, at(0), at(HOUR_MS)), null);
    },
    "gives back what was stored, to the millisecond": async (store) => {
      const data = JSON.stringify({ email: "\u{1f511} '; DROP TABLE users; --", long: "x".repeat(4_096) });
      for (const token of [await putToken(store), await putToken(store, { data, expiresAt: at(7) })]) {
        deepStrictEqual(await store.take(token.digest), token);
      }
    },
    "finds it, also if it has expired, until it is taken or replaced": async (store) => {
      const [taken, replaced] = [await putToken(store, { expiresAt: at(0) }), await putToken(store)];
      for (let time = 0; time < 2; time += 1) deepStrictEqual(await store.find(taken.digest), taken);
      strictEqual(await countTry(store, taken, 0), 1);
      deepStrictEqual(await store.find(taken.digest), taken);
      strictEqual(await countTry(store, taken, 1), 2);
      deepStrictEqual(await store.take(taken.digest), taken);
      strictEqual(await store.find(taken.digest), null);
      deepStrictEqual(await store.find(replaced.digest), replaced);
      await putToken(store, { userId: replaced.userId });
      strictEqual(await store.find(replaced.digest), null);
    },
    "gives it back once": async (store) => {
      const token = await putToken(store);
      deepStrictEqual(await store.take(token.digest), token);
      strictEqual(await store.take(token.digest), null);
      strictEqual(await countTry(store, token, 1), null);
    },
    "lets one of fifty at once take it": async (store) => {
      const token = await putToken(store);
      const answers = await Promise.all(createMany(50, () => store.take(token.digest)));
      deepStrictEqual(
        answers.filter((answer) => answer !== null),
        [token],
      );
    },
    "makes what was issued before worthless, for the same purpose and user alone": async (store) => {
      const before = await putToken(store);
      const [otherUser, otherPurpose] = [
        await putToken(store),
        await putToken(store, { userId: before.userId, purpose: "code:reset" }),
      ];
      const next = await putToken(store, { userId: before.userId, data: '"next"', expiresAt: at(2 * HOUR_MS) });
      strictEqual(await store.take(before.digest), null);
      for (const token of [next, otherUser, otherPurpose]) deepStrictEqual(await store.take(token.digest), token);
    },
    "makes it worthless too where the next one has expired already": async (store) => {
      const before = await putToken(store);
      await putToken(store, { userId: before.userId, expiresAt: at(0) });
      strictEqual(await store.take(before.digest), null);
    },
    "lets either go through where one is taken while the next is issued": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const before = await putToken(store);
        const next = createToken({ userId: before.userId });
        const [taken] = await Promise.all([store.take(before.digest), store.put(next, at(1))]);
        deepStrictEqual(
          [taken, before].find((it) => it !== null),
          before,
        ); // it may have been too late to be taken
        strictEqual(await store.take(before.digest), null);
        deepStrictEqual(await store.take(next.digest), next);
      }
    },
    "leaves one where several are issued at once": async (store) => {
      const { userId } = createToken();
      const all = createMany(10, () => createToken({ userId }));
      await Promise.all(all.map((token) => store.put(token, at(0))));
      const taken = await Promise.all(all.map(({ digest }) => store.take(digest)));
      strictEqual(taken.filter((answer) => answer !== null).length, 1);
    },
    "takes the same digest for the same user again": async (store) => {
      const token = await putToken(store);
      await store.put(token, at(1));
      deepStrictEqual(await store.take(token.digest), token);
      await store.put(token, at(2));
      deepStrictEqual(await store.take(token.digest), token);
    },
    "counts tries, and opens a period with the first": async (store) => {
      const token = await putToken(store, { expiresAt: at(3 * HOUR_MS) });
      const counts: (number | null)[] = [];
      for (const ms of [0, 1, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS - 1, 2 * HOUR_MS]) {
        counts.push(await countTry(store, token, ms));
      }
      deepStrictEqual(counts, [1, 2, 3, 1, 2, 3, 1]);
      deepStrictEqual(await store.take(token.digest), token);
    },
    "answers each of fifty tries at once with another count": async (store) => {
      const token = await putToken(store);
      const counts = await Promise.all(createMany(50, () => countTry(store, token, 1)));
      deepStrictEqual(
        counts.map(Number).sort((a, b) => a - b),
        createMany(50, (index) => index + 1),
      );
    },
    "keeps the count when the next is issued, and ends it when one is taken": async (store) => {
      const token = await putToken(store);
      strictEqual(await countTry(store, token, 0), 1);
      strictEqual(await countTry(store, token, 1), 2);
      const next = await putToken(store, { userId: token.userId });
      strictEqual(await countTry(store, next, 2), 3);
      await store.take(next.digest);
      const last = await putToken(store, { userId: token.userId });
      strictEqual(await countTry(store, last, 3), 1);
    },
    "counts the tries of each purpose and user apart": async (store) => {
      const token = await putToken(store);
      const others = [
        await putToken(store),
        await putToken(store, { userId: token.userId, purpose: "code:reset" }),
      ] as const;
      strictEqual(await countTry(store, token, 0), 1);
      strictEqual(await countTry(store, token, 0), 2);
      for (const other of others) strictEqual(await countTry(store, other, 0), 1);
    },
    "takes a user's id for text, whatever it looks like": async (store) => {
      const own = createId("user");
      const odd = [
        "%",
        "_",
        "*",
        "'; --",
        '"',
        "\\",
        "{brace}",
        "}{",
        ":",
        "a:b",
        "\u{1f511}",
        "e\u0301",
        "\u00e9",
        " ",
      ];
      const ids = [...odd.map((it) => own + it), `${own}${"x".repeat(900)}`, own, own.toUpperCase()];
      const all: StoredOneTimeToken[] = [];
      for (const userId of ids) all.push(await putToken(store, { userId }));
      for (const token of all) deepStrictEqual(await store.take(token.digest), token);
    },
  });
}

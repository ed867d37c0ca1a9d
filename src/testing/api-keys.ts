import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { DAY_MS } from "../shared/clock.ts";
import type { ApiKey, ApiKeyStore, StoredApiKey } from "../stores/contract.ts";
import { at, type ContractCase, createCases, createId, createMany } from "./contract.ts";

const LIMIT = 100;

function buildKey(change: Partial<StoredApiKey> = {}): StoredApiKey {
  return {
    id: createId("key"),
    userId: createId("user"),
    label: null,
    hint: "a1B2",
    scopes: [],
    createdAt: at(0),
    expiresAt: null,
    lastUsedAt: null,
    replacedBy: null,
    digest: randomBytes(32).toString("base64url"),
    ...change,
  };
}

/** Adds a key and returns it. */
async function insertKey(store: ApiKeyStore, change: Partial<StoredApiKey> = {}): Promise<StoredApiKey> {
  const key = buildKey(change);
  strictEqual(await store.insert(key, LIMIT), true);
  return key;
}

/** Creates a key that can replace another. */
function createNext({ userId }: StoredApiKey, change: Partial<StoredApiKey> = {}): StoredApiKey {
  return buildKey({ userId, createdAt: at(1_000), ...change });
}

/** Returns a key as it is listed. */
function toListed({ digest: _digest, ...key }: StoredApiKey): ApiKey {
  return key;
}

/** Asserts that a user has these keys, and that a list shows none of their digests. */
async function checkListed(store: ApiKeyStore, userId: string, keys: readonly StoredApiKey[]): Promise<void> {
  const listed = await store.list(userId);
  deepStrictEqual(
    listed.map((key) => toListed(key as StoredApiKey)),
    keys.map(toListed),
  );
  for (const key of keys) ok(!JSON.stringify(listed).includes(key.digest), "the list shows a digest");
}

/**
 * Returns the promises of an {@link ApiKeyStore}, as cases for any test runner.
 *
 * @param open - returns the store; all cases may share one
 *
 * @example
 * ```ts
 * for (const { name, run } of apiKeyStoreContract(() => myApiKeyStore)) test(name, run);
 * ```
 */
export function apiKeyStoreContract(open: () => ApiKeyStore | Promise<ApiKeyStore>): readonly ContractCase[] {
  return createCases(open, {
    "answers exactly null for a digest that there is not": async (store) => {
      strictEqual(await store.find(buildKey().digest), null);
      strictEqual(await store.find(buildKey().id), null);
    },
    "gives back what was stored, to the millisecond": async (store) => {
      const change = { label: "d\u00e9ploys; --", scopes: ["z:write", "a:read"], expiresAt: at(DAY_MS + 7) };
      for (const key of [await insertKey(store), await insertKey(store, { ...change, lastUsedAt: at(5) })]) {
        deepStrictEqual(await store.find(key.digest), key);
      }
    },
    "finds a key that has expired, until it is forgotten": async (store) => {
      const key = await insertKey(store, { expiresAt: at(1) });
      deepStrictEqual(await store.find(key.digest), key);
    },
    "lists the keys of a user, the last created first, and no digests": async (store) => {
      const userId = createId("user");
      const [first, third, second] = [
        await insertKey(store, { userId, createdAt: at(0) }),
        await insertKey(store, { userId, createdAt: at(20), label: "third" }),
        await insertKey(store, { userId, createdAt: at(10), scopes: ["a", "b"], expiresAt: at(DAY_MS) }),
      ];
      await insertKey(store);
      await checkListed(store, userId, [third, second, first]);
      deepStrictEqual(await store.list(createId("user")), []);
    },
    "adds no more keys than the limit says, and counts those that live": async (store) => {
      const userId = createId("user");
      const [a, b] = [
        buildKey({ userId, expiresAt: at(500) }),
        buildKey({ userId, createdAt: at(1), expiresAt: at(DAY_MS) }),
      ];
      strictEqual(await store.insert(a, 2), true);
      strictEqual(await store.insert(b, 2), true);
      const early = buildKey({ userId, createdAt: at(499) });
      strictEqual(await store.insert(early, 2), false);
      strictEqual(await store.find(early.digest), null, "it was stored all the same");
      await checkListed(store, userId, [b, a]);
      const late = buildKey({ userId, createdAt: at(500) });
      strictEqual(await store.insert(late, 2), true, "one has expired");
      strictEqual(await store.insert(buildKey({ userId, createdAt: at(501) }), 2), false);
      strictEqual(await store.insert(buildKey(), 1), true, "another user's");
    },
    "counts no key that was replaced": async (store) => {
      const old = await insertKey(store);
      const next = createNext(old);
      strictEqual(await store.replace(old.id, at(DAY_MS), next), true);
      const other = createNext(old, { createdAt: at(1_001) });
      strictEqual(await store.insert(other, 1), false, "the one in its place counts");
      strictEqual(await store.insert(other, 2), true);
      await checkListed(store, old.userId, [other, next, { ...old, expiresAt: at(DAY_MS), replacedBy: next.id }]);
    },
    "adds no more than there is room for of fifty at once": async (store) => {
      const userId = createId("user");
      const keys = createMany(50, (ms) => buildKey({ userId, createdAt: at(ms) }));
      const answers = await Promise.all(keys.map((key) => store.insert(key, 10)));
      strictEqual(answers.filter((answer) => answer === true).length, 10);
      await checkListed(store, userId, keys.filter((_, nth) => answers[nth]).reverse());
    },
    "replaces a key, which lives on until the given instant": async (store) => {
      const old = await insertKey(store, { scopes: ["a"], label: "old" });
      const next = createNext(old, { scopes: ["a"], expiresAt: at(9 * DAY_MS) });
      strictEqual(await store.replace(old.id, at(DAY_MS + 1), next), true);
      const ended = { ...old, expiresAt: at(DAY_MS + 1), replacedBy: next.id };
      deepStrictEqual(await store.find(old.digest), ended);
      deepStrictEqual(await store.find(next.digest), next);
      await checkListed(store, old.userId, [next, ended]);
    },
    "lets a key that is replaced live no longer than it would have": async (store) => {
      const old = await insertKey(store, { expiresAt: at(5_000) });
      const next = createNext(old);
      strictEqual(await store.replace(old.id, at(DAY_MS), next), true);
      deepStrictEqual(await store.find(old.digest), { ...old, replacedBy: next.id });
      const last = createNext(old, { createdAt: at(2_000) });
      strictEqual(await store.replace(next.id, at(3_000), last), true);
      deepStrictEqual(await store.find(next.digest), { ...next, expiresAt: at(3_000), replacedBy: last.id });
    },
    "replaces no key twice, no other user's, and none that there is not": async (store) => {
      const old = await insertKey(store);
      const [next, late] = [createNext(old), createNext(old)];
      strictEqual(await store.replace(old.id, at(DAY_MS), next), true);
      const foreign = createNext(buildKey());
      strictEqual(await store.replace(old.id, at(1), late), false, "it was replaced");
      strictEqual(await store.replace(next.id, at(1), foreign), false, "it is another user's");
      strictEqual(await store.replace(createId("key"), at(1), late), false, "there is none");
      for (const { digest } of [late, foreign])
        strictEqual(await store.find(digest), null, "it was added all the same");
      deepStrictEqual(await store.find(old.digest), { ...old, expiresAt: at(DAY_MS), replacedBy: next.id });
      deepStrictEqual(await store.find(next.digest), next);
    },
    "lets one of fifty replacements at once through": async (store) => {
      const old = await insertKey(store);
      const nexts = createMany(50, () => createNext(old));
      const answers = await Promise.all(nexts.map((next) => store.replace(old.id, at(DAY_MS), next)));
      strictEqual(answers.filter((answer) => answer === true).length, 1);
      const next = nexts[answers.indexOf(true)] as StoredApiKey;
      await checkListed(store, old.userId, [next, { ...old, expiresAt: at(DAY_MS), replacedBy: next.id }]);
    },
    "forgets a key that is revoked, and no other": async (store) => {
      const key = await insertKey(store);
      const other = await insertKey(store, { userId: key.userId });
      strictEqual(await store.revoke(createId("user"), key.id), false, "another user's");
      strictEqual(await store.revoke(key.userId, createId("key")), false, "there is none");
      deepStrictEqual(await store.find(key.digest), key);
      strictEqual(await store.revoke(key.userId, key.id), true);
      strictEqual(await store.find(key.digest), null);
      strictEqual(await store.revoke(key.userId, key.id), false, "revoked twice");
      await checkListed(store, key.userId, [other]);
      strictEqual(await store.replace(key.id, at(1), createNext(key)), false, "a revoked key was replaced");
      deepStrictEqual(await store.find(other.digest), other);
    },
    "forgets all keys of a user, and of no other": async (store) => {
      const userId = createId("user");
      const own = [await insertKey(store, { userId }), await insertKey(store, { userId, expiresAt: at(DAY_MS) })];
      const other = await insertKey(store);
      await store.revokeAll(userId);
      for (const { digest } of own) strictEqual(await store.find(digest), null);
      await checkListed(store, userId, []);
      deepStrictEqual(await store.find(other.digest), other);
      const later = await insertKey(store, { userId });
      deepStrictEqual(await store.find(later.digest), later);
      await store.revokeAll(createId("user"));
    },
    "forgets also what takes another's place while all are revoked": async (store) => {
      for (let round = 0; round < 25; round += 1) {
        const old = await insertKey(store);
        const next = createNext(old);
        await Promise.all([store.replace(old.id, at(DAY_MS), next), store.revokeAll(old.userId)]);
        strictEqual(await store.find(old.digest), null);
        strictEqual(await store.find(next.digest), null, "a key outlived the end of all");
      }
    },
    "stores when a key was last used, and never an earlier instant": async (store) => {
      const key = await insertKey(store);
      const other = await insertKey(store, { userId: key.userId, createdAt: at(-1) });
      await store.touch(key.userId, key.id, at(61_001));
      deepStrictEqual(await store.find(key.digest), { ...key, lastUsedAt: at(61_001) });
      await store.touch(key.userId, key.id, at(60_000));
      await checkListed(store, key.userId, [{ ...key, lastUsedAt: at(61_001) }, other]);
      await store.touch(createId("user"), key.id, at(90_000));
      deepStrictEqual(await store.find(key.digest), { ...key, lastUsedAt: at(61_001) });
    },
    "keeps a key away that is used after it was revoked": async (store) => {
      const key = await insertKey(store);
      await store.revoke(key.userId, key.id);
      await store.touch(key.userId, key.id, at(1));
      strictEqual(await store.find(key.digest), null);
      await checkListed(store, key.userId, []);
    },
    "takes users' ids of any characters": async (store) => {
      for (const odd of ["'; --", '"', "\\", "{x}", "}{", "a:b", "%", "*", "\u{1f511}", "__proto__", "x".repeat(900)]) {
        const userId = `${createId("user")}${odd}`;
        const key = await insertKey(store, { userId, label: odd });
        deepStrictEqual(await store.find(key.digest), key, odd);
        await store.touch(userId, key.id, at(1));
        await checkListed(store, userId, [{ ...key, lastUsedAt: at(1) }]);
        strictEqual(await store.revoke(userId, key.id), true, odd);
      }
    },
  });
}

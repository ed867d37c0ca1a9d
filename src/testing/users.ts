import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { inspect } from "node:util";
import type { UserStore } from "../stores/contract.ts";
import { at, type ContractCase, createCases, createId, createMany } from "./contract.ts";

/** A user store, and the way in which a case adds users to it. */
export interface UserStoreUnderTest {
  /** The store. */
  readonly users: UserStore;
  /** Adds a user to it. */
  add(user: {
    readonly id: string;
    readonly login: string;
    readonly passwordHash: string | null;
    readonly disabled: boolean;
  }): void | Promise<void>;
}

const HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$uJbWPzk5RXJgKNwPXQPCGF6OdGnvMcF8fC0zYTTBvB4";
const NEXT = HASH.replace("c29tZXNhbHQ", "b3RoZXJzYWx0");

async function addUser(
  { add }: UserStoreUnderTest,
  change: { readonly login?: string; readonly passwordHash?: null; readonly disabled?: true } = {},
): Promise<{ id: string; login: string }> {
  const user = { id: createId("user"), login: createId("login"), passwordHash: HASH, disabled: false, ...change };
  await add(user);
  return user;
}

/**
 * Returns the promises of a {@link UserStore}, as cases for any test runner.
 *
 * @param open - returns the store and a way to add users; all cases may share one store
 *
 * @example
 * ```ts
 * for (const { name, run } of userStoreContract(() => ({ users, add: insertUser }))) test(name, run);
 * ```
 */
export function userStoreContract(
  open: () => UserStoreUnderTest | Promise<UserStoreUnderTest>,
): readonly ContractCase[] {
  return createCases(open, {
    "answers exactly null for a user that there is not": async ({ users }) => {
      strictEqual(await users.findById(createId("user")), null);
      strictEqual(await users.findCredentials(createId("login")), null);
    },
    "finds a user by id and by login": async (store) => {
      const { id, login } = await addUser(store);
      strictEqual((await store.users.findById(id))?.id, id);
      const found = await store.users.findCredentials(login);
      deepStrictEqual([found?.user.id, found?.passwordHash], [id, HASH]);
      ok(!found?.user.disabled, "a user is disabled who is not");
    },
    "keeps the hash off the user": async (store) => {
      const { id, login } = await addUser(store);
      const seen = inspect([await store.users.findById(id), (await store.users.findCredentials(login))?.user], {
        depth: null,
        showHidden: true,
      });
      ok(!seen.includes("argon2"), "the user object holds the hash");
    },
    "tells of a disabled user, and of one without a password": async (store) => {
      const disabled = await addUser(store, { disabled: true });
      strictEqual((await store.users.findById(disabled.id))?.disabled, true);
      strictEqual((await store.users.findCredentials(disabled.login))?.user.disabled, true);
      const without = await addUser(store, { passwordHash: null });
      strictEqual((await store.users.findCredentials(without.login))?.passwordHash, null);
    },
    "takes a login for text, whatever it looks like": async (store) => {
      await addUser(store);
      const odd = ["%", "_", "*", "' OR 1=1 --", '" OR ""="', "\\", "$ne", "{}", "null", "\u{1f511}", "x".repeat(900)];
      for (const text of odd) strictEqual(await store.users.findCredentials(`${text}${createId("")}`), null, text);
      for (const text of ["%", "_", "' OR 1=1 --", ""])
        strictEqual(await store.users.findCredentials(text), null, text);
      for (const text of odd) {
        const { id, login } = await addUser(store, { login: `${createId("login")}${text}`.toLowerCase() });
        strictEqual((await store.users.findCredentials(login))?.user.id, id, text);
      }
    },
    "replaces a hash only where it is still the one that was read": async (store) => {
      const { users } = store;
      if (users.replacePasswordHash === undefined) return;
      const { id, login } = await addUser(store);
      strictEqual(await users.replacePasswordHash(id, NEXT, HASH), false, "another hash than the stored one");
      strictEqual(await users.replacePasswordHash(createId("user"), HASH, NEXT), false, "a user that there is not");
      strictEqual((await users.findCredentials(login))?.passwordHash, HASH);
      strictEqual(await users.replacePasswordHash(id, HASH, NEXT), true);
      strictEqual((await users.findCredentials(login))?.passwordHash, NEXT);
    },
    "lets one of fifty replacements at once through": async (store) => {
      const { users } = store;
      const { id } = await addUser(store);
      const replace = () => users.replacePasswordHash?.(id, HASH, NEXT) ?? true;
      const answers = await Promise.all(createMany(50, replace));
      strictEqual(answers.filter((answer) => answer === true).length, users.replacePasswordHash === undefined ? 50 : 1);
    },
    "finds a user and the hash by id": async (store) => {
      const { users } = store;
      if (users.findCredentialsById === undefined) return;
      strictEqual(await users.findCredentialsById(createId("user")), null);
      const { id } = await addUser(store);
      const found = await users.findCredentialsById(id);
      deepStrictEqual([found?.user.id, found?.passwordHash], [id, HASH]);
      ok(!inspect(found?.user, { depth: null, showHidden: true }).includes("argon2"), "the user object holds the hash");
      const other = await addUser(store, { passwordHash: null, disabled: true });
      const without = await users.findCredentialsById(other.id);
      deepStrictEqual([without?.passwordHash, without?.user.disabled], [null, true]);
      await users.replacePasswordHash?.(id, HASH, NEXT);
      const stored = users.replacePasswordHash === undefined ? HASH : NEXT;
      strictEqual((await users.findCredentialsById(id))?.passwordHash, stored, "it answers what was there before");
    },
    "sets a hash, whatever was there before, and since when it holds": async (store) => {
      const { users } = store;
      if (users.setPasswordHash === undefined) return;
      const changedAt = at(0);
      strictEqual(await users.setPasswordHash(createId("user"), NEXT, changedAt), false, "a user that there is not");
      const bystander = await addUser(store);
      for (const change of [{}, { passwordHash: null }] as const) {
        const { id, login } = await addUser(store, change);
        strictEqual(await users.setPasswordHash(id, NEXT, changedAt), true);
        const found = await users.findCredentials(login);
        deepStrictEqual([found?.passwordHash, found?.user.passwordChangedAt], [NEXT, changedAt]);
        deepStrictEqual((await users.findById(id))?.passwordChangedAt, changedAt);
        const replaced = (await users.replacePasswordHash?.(id, HASH, HASH)) ?? false;
        strictEqual(replaced, false, "a hash was replaced that is no more");
      }
      strictEqual((await users.findCredentials(bystander.login))?.passwordHash, HASH, "another user's was set");
    },
    "says since when another password holds, and nothing of a renewed hash": async (store) => {
      const { users } = store;
      if (users.replacePasswordHash === undefined) return;
      const { id, login } = await addUser(store);
      const since = async () => [
        (await users.findById(id))?.passwordChangedAt ?? null,
        (await users.findCredentials(login))?.user.passwordChangedAt ?? null,
      ];
      await users.replacePasswordHash(id, HASH, NEXT);
      deepStrictEqual(await since(), [null, null]);
      const changedAt = at(0);
      strictEqual(await users.replacePasswordHash(id, NEXT, HASH, changedAt), true);
      deepStrictEqual(await since(), [changedAt, changedAt]);
      strictEqual(await users.replacePasswordHash(id, HASH, NEXT), true);
      deepStrictEqual(await since(), [changedAt, changedAt], "a renewed hash changed since when the password holds");
    },
  });
}

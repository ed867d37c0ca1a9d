import { assert } from "../../shared/assert.ts";
import { readTime } from "../../shared/date.ts";
import { isObject } from "../../shared/object.ts";
import { checkNames } from "../../shared/options.ts";
import { readSafely } from "../../shared/read.ts";
import type { Credentials, User, UserStore } from "../contract.ts";
import {
  checkFlag,
  checkNewUser,
  checkPasswordHash,
  checkUserFields,
  createUserExists,
  type NewUser,
} from "../shared/new-user.ts";

/** A user to be added, as an object of the application's own. */
export interface MemoryUser<U extends User> {
  /** The name to log in with, compared as it is. */
  readonly login: string;
  /** What `hashPassword` made; `null` for a user who can't log in by password. */
  readonly passwordHash: string | null;
  /**
   * The object that handlers get, as it is. A change of password writes its `passwordChangedAt`, which is set to `null`
   * at first if it is missing.
   */
  readonly user: U;
}

const ADD = "memoryUsers.add";

const ENTRY = {
  login: "required",
  passwordHash: "required",
  user: "optional",
  id: "optional",
  disabled: "optional",
} as const;

/** Users in this process's memory. */
export interface MemoryUsers<U extends User> extends UserStore<U> {
  /**
   * Adds a user: the same fields as the SQL stores take, or an object of your own as `user`.
   *
   * @throws TypeError when a field is missing, unknown or of the wrong type, or the hash is not one
   * @throws Error with the code `user_exists` when the id or the login is taken: answer 409
   */
  add(entry: MemoryUser<U> | (User extends U ? NewUser : never)): void;
  /** Removes a user. Returns `false` when there was none. */
  remove(id: string): boolean;
  /** Finds a user and the password hash by id. */
  findCredentialsById(id: string): Promise<Credentials<U> | null>;
  /** Replaces a hash if it is still the one that was read. */
  replacePasswordHash(userId: string, current: string, next: string, changedAt?: Date): Promise<boolean>;
  /** Sets a hash, whatever the user had before. Returns `false` when there is no such user. */
  setPasswordHash(userId: string, next: string, changedAt: Date): Promise<boolean>;
}

/**
 * Users in this process's memory, for tests, demos and embedded use.
 *
 * @example
 * ```ts
 * const users = memoryUsers<User & { readonly name?: string }>();
 * users.add({ id: "u1", login: "ada@example.com", passwordHash: await hashPassword(password) });
 * // Or with an object of your own, which handlers then get:
 * users.add({ login: "bob@example.com", passwordHash: null, user: { id: "u2", name: "Bob" } });
 * ```
 */
export function memoryUsers<U extends User = User>(): MemoryUsers<U> {
  const byId = new Map<string, MemoryUser<U>>();
  const idByLogin = new Map<string, string>();
  const findCredentialsById = async (id: string): Promise<Credentials<U> | null> => {
    const entry = byId.get(id);
    return entry === undefined ? null : { user: entry.user, passwordHash: entry.passwordHash };
  };
  const setHash = (entry: MemoryUser<U>, next: string, changedAt: Date | undefined): true => {
    // It is written into the application's own object: a copy would lose getters and private fields.
    if (changedAt !== undefined && !Reflect.set(entry.user, "passwordChangedAt", changedAt)) {
      throw new TypeError("memoryUsers: user.passwordChangedAt can't be written; give users that are not frozen");
    }
    byId.set(entry.user.id, { ...entry, passwordHash: next });
    return true;
  };

  return {
    add(entry) {
      const { login, passwordHash, user } = readEntry<U>(entry);
      if (byId.has(user.id)) throw createUserExists("memoryUsers", "this id");
      if (idByLogin.has(login)) throw createUserExists("memoryUsers", "this login");
      // Only a user with this field is given device tokens. A frozen object stays without it.
      if (user.passwordChangedAt === undefined) Reflect.set(user, "passwordChangedAt", null);
      byId.set(user.id, { login, passwordHash, user });
      idByLogin.set(login, user.id);
    },
    remove(id) {
      const entry = byId.get(id);
      return entry !== undefined && byId.delete(id) && idByLogin.delete(entry.login);
    },
    async findById(id) {
      return byId.get(id)?.user ?? null;
    },
    findCredentials: (login) => findCredentialsById(idByLogin.get(login) ?? ""),
    findCredentialsById,
    async replacePasswordHash(userId, current, next, changedAt) {
      checkPasswordHash("memoryUsers.replacePasswordHash", next);
      const entry = byId.get(userId);
      return entry?.passwordHash === current && setHash(entry, next, changedAt);
    },
    async setPasswordHash(userId, next, changedAt) {
      checkPasswordHash("memoryUsers.setPasswordHash", next);
      const entry = byId.get(userId);
      return entry !== undefined && setHash(entry, next, changedAt);
    },
  };
}

/** Checks an entry of either form, and creates the user of an entry without `user`. */
function readEntry<U extends User>(entry: MemoryUser<U> | NewUser): MemoryUser<U> {
  checkNames(ADD, entry, ENTRY);
  if (!("user" in entry)) {
    const { id, login, passwordHash, disabled } = checkNewUser(ADD, entry);
    return { login, passwordHash, user: { id, login, disabled } as User as U };
  }
  if ("id" in entry || "disabled" in entry) {
    throw new TypeError(`${ADD}: give user, or id and disabled, and not both`);
  }
  const { id, disabled, passwordChangedAt, isUser } = readSafely(ADD, () => readState(entry.user));
  checkUserFields(ADD, id, entry.login, entry.passwordHash);
  assert(isUser, `${ADD}: user must be an object`);
  checkFlag(`${ADD}: disabled`, disabled);
  const isDated = passwordChangedAt === null || !Number.isNaN(readTime(passwordChangedAt));
  assert(isDated, `${ADD}: passwordChangedAt must be a valid Date or null`);
  return entry;
}

/** Reads the fields of a user that every login reads. */
function readState(user: User | null | undefined) {
  return {
    id: user?.id,
    disabled: user?.disabled ?? false,
    passwordChangedAt: user?.passwordChangedAt ?? null,
    isUser: isObject(user),
  };
}

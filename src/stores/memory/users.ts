import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { checkNewUser } from "../../shared/user.ts";
import type { Credentials, User, UserStore } from "../contract.ts";

/** What is known of a user before anything is asked. */
export interface MemoryUser<U extends User> {
  /** The name to log in with, compared as it is. */
  readonly login: string;
  /** What `hashPassword` made; `null` for a user who can't log in by password. */
  readonly passwordHash: string | null;
  /**
   * The user that handlers get to see, as it is. A change of password writes its `passwordChangedAt`, which is set to `null`
   * at first where it is not there.
   */
  readonly user: U;
}

const ENTRY: OptionNames<MemoryUser<User>> = { login: "required", passwordHash: "required", user: "required" };

/** Users in this process's memory. */
export interface MemoryUsers<U extends User> extends UserStore<U> {
  /**
   * Adds a user.
   *
   * @throws TypeError when it is no such user
   * @throws Error when the id or the login is taken
   */
  add(entry: MemoryUser<U>): void;
  /** Removes a user; `false` when there was none. */
  remove(id: string): boolean;
  /** Replaces a hash, where it is still the one that was read. */
  replacePasswordHash(userId: string, current: string, next: string, changedAt?: Date): Promise<boolean>;
}

/**
 * Users in this process's memory: for tests, demos and embedded use.
 *
 * @example
 * ```ts
 * const users = memoryUsers();
 * users.add({ login: "ada@example.com", passwordHash: await hashPassword(password), user: { id: "u1" } });
 * ```
 */
export function memoryUsers<U extends User = User>(): MemoryUsers<U> {
  const byId = new Map<string, MemoryUser<U>>();
  const idByLogin = new Map<string, string>();

  return {
    add(entry) {
      checkOptions("memoryUsers.add", entry, ENTRY);
      const { login, passwordHash, user } = entry;
      checkNewUser("memoryUsers.add", user?.id, login, passwordHash);
      if (byId.has(user.id)) throw new Error("memoryUsers: there is a user with this id");
      if (idByLogin.has(login)) throw new Error("memoryUsers: there is a user with this login");
      // So that the user can be given a device token. One that is frozen goes without.
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
    async findCredentials(login): Promise<Credentials<U> | null> {
      const entry = byId.get(idByLogin.get(login) ?? "");
      return entry === undefined ? null : { user: entry.user, passwordHash: entry.passwordHash };
    },
    async replacePasswordHash(userId, current, next, changedAt) {
      const entry = byId.get(userId);
      if (entry?.passwordHash !== current) return false;
      // Written into the application's own object: a copy of an instance would lose its getters and private fields.
      if (changedAt !== undefined && !Reflect.set(entry.user, "passwordChangedAt", changedAt)) {
        throw new TypeError("memoryUsers: user.passwordChangedAt can't be written; give users that are not frozen");
      }
      byId.set(userId, { ...entry, passwordHash: next });
      return true;
    },
  };
}

import type { Blocklist, Credentials, OneTimeStore, RefreshStore, User, UserStore } from "../contract.ts";
import type { NewUser } from "./new-user.ts";

/** A user as the SQL stores keep them. */
export interface SqlUser extends User {
  /** The name to log in with. */
  readonly login: string;
  /** Whether the user is kept from logging in. */
  readonly disabled: boolean;
  /** When the password last changed; `null` while it is the first. */
  readonly passwordChangedAt: Date | null;
}

/** A user to be added to a SQL store: the same as {@link NewUser}. */
export type NewSqlUser = NewUser;

/** A user store in a table, which can be written too. */
export interface SqlUsers extends UserStore<SqlUser> {
  /**
   * Adds a user.
   *
   * @throws TypeError when a field is missing, unknown or of the wrong type, or the hash is not one
   * @throws Error with the code `user_exists` when the id or the login is taken: answer 409
   */
  add(user: NewUser): Promise<void>;
  /** Sets whether a user is kept from logging in. Returns `false` when there is no such user. */
  setDisabled(id: string, disabled: boolean): Promise<boolean>;
  /**
   * Removes a user. Returns `false` when there was none. Call `logoutEverywhere` too, because sessions and tokens are
   * stored elsewhere.
   */
  remove(id: string): Promise<boolean>;
  /** Finds a user and the password hash by id. */
  findCredentialsById(id: string): Promise<Credentials<SqlUser> | null>;
  /** Replaces a hash if it is still the one that was read. */
  replacePasswordHash(userId: string, current: string, next: string, changedAt?: Date): Promise<boolean>;
  /** Sets a hash, whatever the user had before. Returns `false` when there is no such user. */
  setPasswordHash(userId: string, next: string, changedAt: Date): Promise<boolean>;
}

/** A refresh store in tables. */
export interface SqlRefreshStore extends RefreshStore {
  /**
   * Deletes the sessions that ended at or before an instant. Run it now and then.
   *
   * @param at - by default a minute ago. If this process's clock leaps ahead, it does not count until it has stayed
   *   ahead for a day. On Postgres the server's clock counts where it is behind this process's clock.
   * @returns the number of deleted sessions
   */
  deleteExpired(at?: Date): Promise<number>;
}

/** A store of tokens and codes for one use, in a table. */
export interface SqlOneTimeStore extends OneTimeStore {
  /**
   * Deletes the tokens and codes that expired at or before an instant, and whose count of tries has ended. Run it now
   * and then.
   *
   * @param at - by default a minute ago. If this process's clock leaps ahead, it does not count until it has stayed
   *   ahead for a day. On Postgres the server's clock counts where it is behind this process's clock.
   * @returns the number of deleted tokens and codes
   */
  deleteExpired(at?: Date): Promise<number>;
}

/** A blocklist in a table. */
export interface SqlBlocklist extends Blocklist {
  /**
   * Deletes the revocations whose tokens had all expired at or before an instant. Run it now and then.
   *
   * @param at - by default a minute ago. If this process's clock leaps ahead, it does not count until it has stayed
   *   ahead for a day. On Postgres the server's clock counts where it is behind this process's clock.
   * @returns the number of deleted revocations
   */
  deleteExpired(at?: Date): Promise<number>;
}

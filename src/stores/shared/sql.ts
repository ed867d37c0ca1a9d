import type { Blocklist, RefreshStore, User, UserStore } from "../contract.ts";

/** A user as the SQL stores keep them. */
export interface SqlUser extends User {
  /** The name to log in with. */
  readonly login: string;
  /** A user who may not log in. */
  readonly disabled: boolean;
  /** When the password last became another one; `null` while it is the first. */
  readonly passwordChangedAt: Date | null;
}

/** What is known of a user before anything is asked. */
export interface NewSqlUser {
  /** The user's id. */
  readonly id: string;
  /** The name to log in with. */
  readonly login: string;
  /** What `hashPassword` made; `null` for a user who can't log in by password. */
  readonly passwordHash: string | null;
  /** A user who may not log in. `false` by default. */
  readonly disabled?: boolean;
}

/** A user store in a table, which can be written too. */
export interface SqlUsers extends UserStore<SqlUser> {
  /**
   * Adds a user.
   *
   * @throws TypeError when it is no such user
   * @throws Error when the id or the login is taken
   */
  add(user: NewSqlUser): Promise<void>;
  /** Says whether a user may log in; `false` when there is no such user. */
  setDisabled(id: string, disabled: boolean): Promise<boolean>;
  /** Removes a user; `false` when there was none. Call `logoutEverywhere` too: sessions and tokens are kept elsewhere. */
  remove(id: string): Promise<boolean>;
  /** Replaces a hash, where it is still the one that was read. */
  replacePasswordHash(userId: string, current: string, next: string, changedAt?: Date): Promise<boolean>;
}

/** A refresh store in tables. */
export interface SqlRefreshStore extends RefreshStore {
  /**
   * Deletes sessions that ended at or before an instant: run it now and then.
   *
   * @returns how many sessions went
   */
  deleteExpired(at: Date): Promise<number>;
}

/** A blocklist in a table. */
export interface SqlBlocklist extends Blocklist {
  /**
   * Deletes revocations whose tokens had all ended at or before an instant: run it now and then.
   *
   * @returns how many went
   */
  deleteExpired(at: Date): Promise<number>;
}

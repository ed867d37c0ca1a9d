/** What hallpass needs to know of a user. Stores give their own user type, which reaches handlers as it is. */
export interface User {
  /** The user's id: a token's `sub`. */
  readonly id: string;
  /** A user who may not log in. Absent: may. */
  readonly disabled?: boolean;
  /**
   * When the password last became another one: sessions from before that are not refreshed. `null`: it never did.
   * `undefined`: the store does not keep it; such a user gets no device token.
   */
  readonly passwordChangedAt?: Date | null;
}

/** A user together with the hash that a login is held against. The hash stays off the user object. */
export interface Credentials<U extends User = User> {
  /** The user, without anything secret. */
  readonly user: U;
  /** The stored hash; `null` for a user without a password. */
  readonly passwordHash: string | null;
}

/** Where users live. `null` is the one answer for "no such user"; an outage is thrown. */
export interface UserStore<U extends User = User> {
  /** The user with an id. */
  findById(id: string): Promise<U | null>;
  /** The user with a login name, and the password's hash. What counts as the same name (case, spaces) is the store's to say. */
  findCredentials(login: string): Promise<Credentials<U> | null>;
  /**
   * Replaces a hash, only where it is still the one that was read: by a stronger one of the same password, or, where
   * `changedAt` is given, by that of another password; then the user's `passwordChangedAt` is to say so from the same
   * moment. Leave the method out, and hashes are never renewed and passwords not changed.
   *
   * @returns whether it was replaced
   */
  replacePasswordHash?(userId: string, current: string, next: string, changedAt?: Date): Promise<boolean>;
}

/** What one login began and its refreshes carry on. */
export interface Session {
  /** Its id: the `sid` of its access tokens. */
  readonly sid: string;
  /** Whose it is. */
  readonly userId: string;
  /** When the user logged in. */
  readonly createdAt: Date;
  /** When it was last refreshed; at first, when the user logged in. */
  readonly lastUsedAt: Date;
}

/** Why a session was ended: its user logged out, or one of its refresh tokens was used by somebody else. */
export type EndReason = "logout" | "reuse";

/** A session that was ended, and why. */
export interface EndedSession {
  /** Its id. */
  readonly sid: string;
  /** The first reason there was to end it. */
  readonly ended: EndReason;
}

/** A session as it is stored: never with a refresh token, only with digests of them. */
export interface StoredSession extends Session {
  /** A digest of what all refresh tokens of the session begin with, in base64url. No two sessions have the same. */
  readonly family: string;
  /** When it ends, unless it is refreshed before. */
  readonly expiresAt: Date;
  /** The user's `passwordChangedAt` under which it began; `null` where the user has none. */
  readonly passwordChangedAt: Date | null;
  /** Where its rotation stands: text of at most 1024 characters, which no store looks into. */
  readonly rotation: string;
  /** Counts how often it was replaced or ended: a whole number, 0 at first. */
  readonly revision: number;
  /** Why it was ended; `null` while it lives. An ended session stays until it is deleted, so that what follows can be completed. */
  readonly ended: EndReason | null;
}

/**
 * Where sessions live. What a refresh means is decided elsewhere: a store keeps records, and replaces one only where it is
 * still the one that was read. Every instant comes from the caller: a store reads no clock for its answers. It may forget a
 * session after its `expiresAt`, and no sooner; nobody tells it to. Ids are text of any characters. Every method answers only
 * once what it does is stored, and throws in an outage.
 */
export interface RefreshStore {
  /**
   * How often all of a user's sessions were ended; 0 where they never were, or where the last time was over a day ago. A
   * login asks it for unknown users too, with an id of any text.
   */
  endings(userId: string): Promise<number>;
  /**
   * Begins a session, unless all of the user's were ended since `endings` was read, and are counted more often now: in one
   * step that no {@link RefreshStore.endSessions} can come between. Where the user then has more than `limit` living sessions, those of
   * the others that were not used for the longest time are deleted.
   *
   * @param endings - what {@link RefreshStore.endings} gave before anything was decided
   * @param limit - how many living sessions a user may have; it is the store's to say whether expired ones count
   * @returns the ids of the sessions that were deleted for it; `null` where it was not begun
   */
  startSession(session: StoredSession, endings: number, limit: number): Promise<readonly string[] | null>;
  /** The session of a family, an ended one too; `null` where there is none. */
  findSession(family: string): Promise<StoredSession | null>;
  /**
   * Puts a session's next state in place of the one that was read, only where it is still stored with the `revision` that
   * was read, and lives. Of any number of replacements at once, exactly one is `true`.
   *
   * @param session - as {@link RefreshStore.findSession} gave it
   * @param next - what takes its place: of the same `sid`, `userId`, `family` and `createdAt`, its `revision` one more
   * @returns whether it was replaced
   */
  replaceSession(session: StoredSession, next: StoredSession): Promise<boolean>;
  /**
   * Ends one session of a user: it is found as ended from then on, and never replaced. Ending it again is no error, and
   * the first reason stays.
   *
   * @returns the reason that is stored; `null` where the user has no such session
   */
  endSession(sid: string, userId: string, reason: EndReason): Promise<EndReason | null>;
  /**
   * Ends all sessions of a user, and counts one more of their endings.
   *
   * @param at - the instant of it: the count may be forgotten a day later
   * @returns all that are now ended and not deleted yet
   */
  endSessions(userId: string, at: Date): Promise<readonly EndedSession[]>;
  /** Deletes ended sessions of a user, once all that follows from their end is done. Living ones stay. */
  deleteSessions(userId: string, sids: readonly string[]): Promise<void>;
  /** A user's living sessions that end after an instant, the last used first. */
  sessions(userId: string, at: Date): Promise<readonly Session[]>;
}

/** What a blocklist is asked about: everything by which a token can have been revoked. */
export interface TokenReference {
  /** The token's own id; `null` in a foreign token without one. */
  readonly jti: string | null;
  /** The session it belongs to, if any. */
  readonly sid: string | null;
  /** Whom it is about. */
  readonly userId: string;
  /**
   * When it was issued: to the millisecond for our own tokens. An invalid Date where a foreign token does not say: it counts as
   * before every cut, as `!(issuedAt > cut)` has it.
   */
  readonly issuedAt: Date;
}

/**
 * What was revoked before it expired. An entry must live until its `expiresAt`, and may live longer: a cache that may
 * evict is not a blocklist. Revoking again never shortens what was revoked. Every method answers only once it is so, and
 * throws in an outage.
 */
export interface Blocklist {
  /** Revokes one token. `userId` says whose it is, for stores that keep a user's entries together. */
  revokeToken(jti: string, expiresAt: Date, userId: string): void | Promise<void>;
  /** Revokes every token of a session. `userId` says whose it is, for stores that keep a user's entries together. */
  revokeSession(sid: string, expiresAt: Date, userId: string): void | Promise<void>;
  /**
   * Revokes every token of a user that was issued at or before an instant and, in the same step, every token of some of
   * the user's sessions, whatever clock dated it.
   *
   * @param sids - the sessions, one of which may be named twice; none by default
   */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date, sids?: readonly string[]): void | Promise<void>;
  /** Whether a token was revoked in any of the three ways: exactly `true` or `false`. */
  isRevoked(token: TokenReference): boolean | Promise<boolean>;
  /**
   * Up to when a user's tokens are revoked, as {@link Blocklist.revokeUser} said: the latest instant that it was given;
   * `null` where there is none that still counts. A login dates its tokens after it. It asks for unknown users too, with an
   * id of any text. Leave the method out, and a login
   * that follows a log-out everywhere within the profile's `clockTolerance` is answered 503.
   */
  revokedUpTo?(userId: string): Date | null | Promise<Date | null>;
  /**
   * What this blocklist stores, from every process that writes to it: for `replicatedBlocklist`, which keeps a copy. It asks
   * nothing yet. Leave the method out where nothing is published.
   */
  revocationFeed?(): RevocationFeed;
}

/** A revocation as a {@link RevocationFeed} hands it on. */
export type Revocation =
  | {
      /** What is revoked. */
      readonly kind: "token" | "session";
      /** Its id. */
      readonly id: string;
      /** When its last token will have ended. */
      readonly expiresAt: Date;
    }
  | {
      /** What is revoked: a user's tokens. */
      readonly kind: "user";
      /** The user's id. */
      readonly id: string;
      /** Up to when they were issued. */
      readonly issuedUpTo: Date;
      /** When the last of them will have ended. */
      readonly expiresAt: Date;
    };

/** What a {@link RevocationFeed} has read. */
export interface RevocationPage {
  /** What was revoked. May repeat what was read before, and leaves nothing out. */
  readonly revocations: readonly Revocation[];
  /** Where to go on reading. A cursor from before the store was flushed or replaced makes the feed start over. */
  readonly cursor: string;
  /** Whether there is more to be read at once: only a page without it has caught up. `false` by default. */
  readonly more?: boolean;
}

/** A shared blocklist's revocations, in the order in which they are stored. */
export interface RevocationFeed {
  /**
   * A page of what was revoked since a cursor; since ever, for `null`. Where there is nothing, it may wait for something,
   * and then has to say so in time.
   *
   * @param waitMs - for how many milliseconds it may wait
   */
  read(cursor: string | null, waitMs: number): Promise<RevocationPage>;
}

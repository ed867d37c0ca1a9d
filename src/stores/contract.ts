/** What hallpass needs to know of a user. Stores give their own user type, which reaches handlers as it is. */
export interface User {
  /** The user's id: a token's `sub`. */
  readonly id: string;
  /** A user who may not log in. Absent: may. */
  readonly disabled?: boolean;
  /** When the password last became another one: sessions from before that are not refreshed. Absent or `null`: not known. */
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

/** A refresh token as it is to be stored: never the token itself. */
export interface RefreshToken {
  /** The token's SHA-256, in base64url. */
  readonly tokenHash: string;
  /** When it ends, unless it is spent before. */
  readonly expiresAt: Date;
}

/** A refresh token as it was found. */
export interface StoredRefreshToken extends RefreshToken {
  /** The session it belongs to, which has not been ended. */
  readonly session: Session;
  /** When it was first spent; `null` while it was not. */
  readonly spentAt: Date | null;
}

/**
 * What came of spending a refresh token: `fresh`, it was the first time; `sibling`, it had been spent, but not before
 * the grace began; `reused`, it had been spent before that; `ended`, its session is over, or there is no such token.
 */
export type SpendOutcome = "fresh" | "sibling" | "reused" | "ended";

/**
 * Where sessions and their refresh tokens live. Every instant comes from the caller: a store reads no clock for its
 * answers. It may forget a token after its `expiresAt` and a session after the last of its tokens, and no sooner. Every
 * method answers only once what it does is stored, and throws in an outage.
 */
export interface RefreshStore {
  /** Begins a session with its first token. */
  startSession(session: Session, first: RefreshToken): Promise<void>;
  /** The token with a hash, spent ones too; `null` where there is none, or its session was ended. */
  findToken(tokenHash: string): Promise<StoredRefreshToken | null>;
  /**
   * Spends a token and adds its successor, in one step that no other can come between. The successor is added, and the
   * session's `lastUsedAt` becomes `at`, where the outcome is `fresh` or `sibling`. Of any number of spends at once,
   * exactly one is `fresh`.
   *
   * @param token - as {@link RefreshStore.findToken} gave it; what it says of being spent may be out of date
   * @param successor - what takes its place
   * @param at - the instant of spending
   * @param graceFrom - spent at or after this instant, a token still gets a sibling
   */
  spend(token: StoredRefreshToken, successor: RefreshToken, at: Date, graceFrom: Date): Promise<SpendOutcome>;
  /** Ends a session: none of its tokens is found or spent from then on. Ending it again is no error. */
  endSession(sid: string, userId: string): Promise<void>;
  /** Ends all sessions of a user. Gives the ids of those that it ended. */
  endSessions(userId: string): Promise<readonly string[]>;
  /** A user's sessions that have a token which ends after an instant, the last used first. */
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
  /** When it was issued: to the millisecond for our own tokens. */
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
   * @param sids - the sessions; none by default
   */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date, sids?: readonly string[]): void | Promise<void>;
  /** Whether a token was revoked in any of the three ways: exactly `true` or `false`. */
  isRevoked(token: TokenReference): boolean | Promise<boolean>;
  /**
   * Up to when a user's tokens are revoked, as {@link Blocklist.revokeUser} said: the latest instant that it was given;
   * `null` where there is none that still counts. A login dates its tokens after it. Leave the method out, and a login
   * that follows a log-out everywhere within the profile's `clockTolerance` is answered 503.
   */
  revokedUpTo?(userId: string): Date | null | Promise<Date | null>;
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
  /** Where to go on reading. It belongs to one life of its store: of another, a feed begins anew. */
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

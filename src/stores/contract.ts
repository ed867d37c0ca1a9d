/** What hallpass needs to know of a user. Stores give their own user type, which reaches handlers as it is. */
export interface User {
  /** The user's id: a token's `sub`. */
  readonly id: string;
  /** A user who may not log in. Absent: may. */
  readonly disabled?: boolean;
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
   * Replaces a hash by a stronger one of the same password, only where it is still the one that was read. Leave it out,
   * and hashes are never renewed.
   *
   * @returns whether it was replaced
   */
  replacePasswordHash?(userId: string, current: string, next: string): Promise<boolean>;
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
 * What was revoked before it expired. An entry must live until its `expiresAt`: a cache that may evict is not a
 * blocklist. Every method answers only once it is so, and throws in an outage.
 */
export interface Blocklist {
  /** Revokes one token. */
  revokeToken(jti: string, expiresAt: Date): void | Promise<void>;
  /** Revokes every token of a session. */
  revokeSession(sid: string, expiresAt: Date): void | Promise<void>;
  /** Revokes every token of a user that was issued at or before an instant. */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date): void | Promise<void>;
  /** Whether a token was revoked in any of the three ways: exactly `true` or `false`. */
  isRevoked(token: TokenReference): boolean | Promise<boolean>;
}

/** What hallpass needs to know of a user. Stores give their own user type, and handlers get the store's own object. */
export interface User {
  /** The user's id: a token's `sub`. */
  readonly id: string;
  /** Whether the user is kept from logging in. `false` when absent. */
  readonly disabled?: boolean;
  /**
   * When the password last changed: sessions that began before are not refreshed. `null` means that it never did.
   * Absent means that the store does not record it; such a user gets no device token.
   */
  readonly passwordChangedAt?: Date | null;
}

/** A user with the password hash that a login is compared with. The hash is not part of the user object. */
export interface Credentials<U extends User = User> {
  /** The user, without anything secret. */
  readonly user: U;
  /** The stored hash; `null` for a user without a password. */
  readonly passwordHash: string | null;
}

/** Where users are stored. It answers `null` where there is no such user, and throws in an outage. */
export interface UserStore<U extends User = User> {
  /** Finds a user by id. */
  findById(id: string): Promise<U | null>;
  /**
   * Finds a user and the password hash by login name. The store decides which names count as the same, such as with or
   * without upper case.
   */
  findCredentials(login: string): Promise<Credentials<U> | null>;
  /**
   * Finds a user and the password hash by the user's id. Without this method, a user who is logged in can't prove the
   * password again, nor change it without the login.
   */
  findCredentialsById?(id: string): Promise<Credentials<U> | null>;
  /**
   * Replaces a hash, only if it is still the one that was read. Without `changedAt` it is a stronger hash of the same
   * password. With `changedAt` it is the hash of another password, and the user's `passwordChangedAt` has to change in
   * the same step. Without this method, hashes are never renewed and passwords can't be changed.
   *
   * @returns whether it was replaced
   */
  replacePasswordHash?(userId: string, current: string, next: string, changedAt?: Date): Promise<boolean>;
  /**
   * Sets a hash, whatever the user had before, also where there was none, and the user's `passwordChangedAt` in the
   * same step. Without this method, passwords can't be reset.
   *
   * @returns whether there is such a user
   */
  setPasswordHash?(userId: string, next: string, changedAt: Date): Promise<boolean>;
}

/** A session: it begins with a login, and refreshes continue it. */
export interface Session {
  /** Its id: the `sid` of its access tokens. */
  readonly sid: string;
  /** The id of its user. */
  readonly userId: string;
  /** When the user logged in. */
  readonly createdAt: Date;
  /** When it was last refreshed; at first, when the user logged in. */
  readonly lastUsedAt: Date;
}

/** Why a session was ended: its user logged out, or somebody else used one of its refresh tokens. */
export type EndReason = "logout" | "reuse";

/** A session that was ended. */
export interface EndedSession {
  /** Its id. */
  readonly sid: string;
  /** The first reason for which it was ended. */
  readonly ended: EndReason;
}

/** A session as it is stored: with digests of its refresh tokens, and never with the tokens. */
export interface StoredSession extends Session {
  /** A digest, in base64url, of the beginning that all refresh tokens of the session share. It is unique. */
  readonly family: string;
  /** When it expires, unless it is refreshed before. */
  readonly expiresAt: Date;
  /** The user's `passwordChangedAt` for the password that the session relies on; `null` where the user has none. */
  readonly passwordChangedAt: Date | null;
  /** The state of its rotation: text of at most 1024 characters, which stores don't read. */
  readonly rotation: string;
  /**
   * Its details, such as its device and how its user authenticated: text of at most 4096 characters, which stores don't
   * read. It is empty in a session that was stored without it.
   */
  readonly details: string;
  /** How often it was replaced or ended: a whole number, 0 at first. */
  readonly revision: number;
  /**
   * Why it was ended; `null` while it lives. An ended session stays stored until it is deleted, so that the steps which
   * follow its end can be completed.
   */
  readonly ended: EndReason | null;
}

/**
 * Where sessions are stored. The store decides nothing: it keeps records, and replaces a record only if it is still the
 * one that was read. All instants come from the caller, and no answer depends on a clock of the store. It may forget a
 * session after its `expiresAt`, but not sooner; no call tells it to. Ids are text of any characters. Every method
 * resolves only once its effect is stored, and throws in an outage.
 */
export interface RefreshStore {
  /**
   * Returns how often all of a user's sessions were ended. That is 0 where they never were, and may be 0 again a day
   * after the last time. A login calls it for unknown users too, with any text as the id.
   */
  endings(userId: string): Promise<number>;
  /**
   * Begins a session, unless all sessions of the user were ended since `endings` was read, so that the count is higher
   * now. It is one step, which no {@link RefreshStore.endSessions} can interrupt. If the user then has more than
   * `limit` living sessions, the least recently used of the others are deleted.
   *
   * @param endings - what {@link RefreshStore.endings} returned before anything was decided
   * @param limit - how many living sessions a user may have; the store decides whether expired ones count
   * @returns the ids of the sessions that were deleted; `null` where the session was not begun
   */
  startSession(session: StoredSession, endings: number, limit: number): Promise<readonly string[] | null>;
  /** Finds the session of a family, even if it was ended; `null` where there is none. */
  findSession(family: string): Promise<StoredSession | null>;
  /**
   * Replaces a session by its next state, only if it lives and still has the `revision` that was read. Of any number of
   * concurrent replacements, exactly one returns `true`.
   *
   * @param session - as {@link RefreshStore.findSession} returned it
   * @param next - its next state, with the same `sid`, `userId`, `family` and `createdAt`, and the next `revision`; all
   * else may differ
   * @returns whether it was replaced
   */
  replaceSession(session: StoredSession, next: StoredSession): Promise<boolean>;
  /**
   * Ends one session of a user. From then on it is found as ended and never replaced. Ending it again is not an error,
   * and the first reason stays.
   *
   * @returns the stored reason; `null` where the user has no such session
   */
  endSession(sid: string, userId: string, reason: EndReason): Promise<EndReason | null>;
  /**
   * Ends all sessions of a user, or all but one, and adds one to the count of {@link RefreshStore.endings}.
   *
   * @param at - the present instant: the count may be forgotten a day later
   * @param exceptSid - the session that lives on; none by default
   * @returns all sessions that are ended and not yet deleted
   */
  endSessions(userId: string, at: Date, exceptSid?: string): Promise<readonly EndedSession[]>;
  /** Deletes ended sessions of a user, once all steps that follow their end are done. Living ones stay. */
  deleteSessions(userId: string, sids: readonly string[]): Promise<void>;
  /** Lists the living sessions of a user that expire after an instant, the last used first. */
  sessions(userId: string, at: Date): Promise<readonly StoredSession[]>;
}

/** A token or code that was issued for one use, as it is stored: with a digest, and never with the token or code. */
export interface StoredOneTimeToken {
  /** A digest of the token or code, in base64url. It is unique. */
  readonly digest: string;
  /** What it is good for: at most 70 letters, digits and `.`, `:`, `_`, `-`. */
  readonly purpose: string;
  /** The id of its user. */
  readonly userId: string;
  /** When it was issued, and the application's data: text of at most 4160 characters, which stores don't read. */
  readonly data: string;
  /** When it expires. */
  readonly expiresAt: Date;
}

/** A try at a code. */
export interface OneTimeTry {
  /** The digest of the code that is stored. */
  readonly digest: string;
  /** How many tries there were, this one included. */
  readonly tries: number;
}

/**
 * Where tokens and codes for one use are stored: one for each purpose and user. The store decides nothing. All instants
 * come from the caller, and no answer depends on a clock of the store. It may forget a record once its token has
 * expired and its count of tries has ended, but not sooner; no call tells it to. Ids are text of any characters. Every
 * method resolves only once its effect is stored, and throws in an outage. A crash leaves each method's effect done or
 * undone, and never half of it.
 */
export interface OneTimeStore {
  /**
   * Stores a token or code. In the same step, it replaces the earlier one of the same purpose and user: from then on
   * nobody can take that one. This also holds where the token to be stored has already expired, which is how the
   * earlier one is revoked. The count of tries stays.
   *
   * @param at - the present instant
   */
  put(token: StoredOneTimeToken, at: Date): Promise<void>;
  /**
   * Finds a token or code, even if it has expired, and leaves it in the store with its count of tries.
   *
   * @returns what was stored; `null` where there is none with this digest, or it was taken or replaced
   */
  find(digest: string): Promise<StoredOneTimeToken | null>;
  /**
   * Takes a token or code out of the store, even if it has expired, together with its count of tries. Of any number of
   * concurrent calls, exactly one gets it.
   *
   * @returns what was stored; `null` where there is none with this digest
   */
  take(digest: string): Promise<StoredOneTimeToken | null>;
  /**
   * Counts one try at the code of a purpose and user. The first try opens a period that lasts until `until`. The first
   * try at or after its end opens another period and starts a count of its own. Concurrent calls get different counts.
   *
   * @param at - the present instant
   * @param until - the end of the period, if this try opens one
   * @returns the try; `null` where nothing is stored, and then nothing is counted
   */
  countTry(purpose: string, userId: string, at: Date, until: Date): Promise<OneTimeTry | null>;
}

/** An API key as it is listed: everything but the key, which is shown once, when it is created. */
export interface ApiKey {
  /** Its id, which is no secret. */
  readonly id: string;
  /** The id of its user. */
  readonly userId: string;
  /** The name that its user gave it; `null` where it has none. */
  readonly label: string | null;
  /** The last four characters of the key, by which its owner recognises it. */
  readonly hint: string;
  /** What it allows. */
  readonly scopes: readonly string[];
  /** When it was created. */
  readonly createdAt: Date;
  /** When it expires; `null` for never. */
  readonly expiresAt: Date | null;
  /** When it was last used, to within a minute; `null` for never. */
  readonly lastUsedAt: Date | null;
  /** The id of the key that it was rotated to; `null` where it was not. */
  readonly replacedBy: string | null;
}

/** An API key as it is stored: with a digest of the key, and never with the key. */
export interface StoredApiKey extends ApiKey {
  /** A digest of the key, in base64url. It is unique. */
  readonly digest: string;
}

/**
 * Where API keys are stored. The store decides nothing. All instants come from the caller, and no answer depends on a
 * clock of the store. It may forget a key after its `expiresAt`, but not sooner; no call tells it to. Ids are text of
 * any characters. Every method resolves only once its effect is stored, and throws in an outage.
 */
export interface ApiKeyStore {
  /**
   * Adds a key, unless its user has `limit` other living keys that were not replaced. A key lives if it has not expired
   * at the added key's `createdAt`. Of any number of concurrent calls, no more are added than there is room for.
   *
   * @returns whether it was added
   */
  insert(key: StoredApiKey, limit: number): Promise<boolean>;
  /** Finds the key with a digest, even if it has expired; `null` where there is none. */
  find(digest: string): Promise<StoredApiKey | null>;
  /** Lists the keys of a user, the last created first. It may leave out those that have expired. */
  list(userId: string): Promise<readonly ApiKey[]>;
  /**
   * Adds a key in the place of another of the same user, only if that one is stored and was not replaced. In the same
   * step, the other's `replacedBy` becomes the added key's id, and its `expiresAt` becomes `endsAt`, unless it expires
   * sooner. Of any number of concurrent calls, exactly one returns `true`.
   *
   * @param id - the key that is replaced
   * @param endsAt - when it expires at the latest
   * @param next - the key that is added
   * @returns whether it was replaced
   */
  replace(id: string, endsAt: Date, next: StoredApiKey): Promise<boolean>;
  /**
   * Forgets a key of a user. From then on it is not found.
   *
   * @returns whether it was there
   */
  revoke(userId: string, id: string): Promise<boolean>;
  /** Forgets all keys of a user, including one that is replacing another at the same time. */
  revokeAll(userId: string): Promise<void>;
  /** Sets when a key of a user was last used, unless a later instant is stored. It never adds a key. */
  touch(userId: string, id: string, at: Date): Promise<void>;
}

/** Places in status lists that one caller was given: a run of them, counted from 0. */
export interface StatusPlaces {
  /** The first of the run. */
  readonly first: number;
  /** The text that was stored with the series' first call. */
  readonly terms: string;
}

/**
 * Where a service stores its status lists, in which it publishes the revoked tokens. The lists of a service form a
 * series, named by its URI. The store decides nothing. It keeps everything for good. Every method resolves only once
 * its effect is stored, and throws in an outage.
 */
export interface StatusListStore {
  /**
   * Gives out the next places of a series. Concurrent calls get different places, and no place is ever given out twice.
   *
   * @param series - text of at most 1024 characters
   * @param count - how many; with 0, `first` is the number of places that were given out
   * @param terms - text of at most 256 characters, which stores don't read: that of the first call is stored for good
   */
  allocate(series: string, count: number, terms: string): Promise<StatusPlaces>;
  /**
   * Marks some indices of one list. A mark stays for good, and making it again is not an error. Concurrent calls lose
   * no mark.
   *
   * @param list - the number of the list
   * @param indices - whole numbers from 0 on, at most a few hundred, which may repeat
   */
  mark(series: string, list: number, indices: readonly number[]): Promise<void>;
  /**
   * Reads the marks of one list, one bit for each index: index 0 is the lowest bit of the first byte, index 8 that of
   * the second. Bytes at the end that would be 0 may be missing.
   */
  read(series: string, list: number): Promise<Uint8Array>;
}

/** Where used proofs are remembered, so that none is accepted twice. */
export interface ProofStore {
  /**
   * Remembers a proof until an instant at least, unless it is remembered already. Of any number of concurrent calls
   * with one id, exactly one returns `true`. A store that has no room must throw: forgetting a proof before its
   * `expiresAt` would allow a replay.
   *
   * @param id - 43 characters of base64url
   * @param at - the present, by the caller's clock
   * @returns exactly `true` where the proof was not remembered before, and exactly `false` where it was
   */
  remember(id: string, expiresAt: Date, at: Date): Promise<boolean>;
}

/** Describes a token to a blocklist: everything by which it may have been revoked. */
export interface TokenReference {
  /** The token's id; `null` in a token of another issuer without one. */
  readonly jti: string | null;
  /** The session that it belongs to, if any. */
  readonly sid: string | null;
  /** The user that it is about. */
  readonly userId: string;
  /**
   * When it was issued: to the millisecond for our own tokens. An invalid Date where a token of another issuer does not
   * say. Such a token counts as issued before every revocation: compare with `!(issuedAt > cut)`.
   */
  readonly issuedAt: Date;
}

/**
 * Where revocations of tokens are stored until the tokens expire. An entry lives at least until its `expiresAt`: a
 * cache that may evict entries can't be a blocklist. Revoking again never shortens a revocation. Every method answers
 * only once its effect is stored, and throws in an outage.
 */
export interface Blocklist {
  /** Revokes one token. A store may use `userId` to keep a user's entries together. */
  revokeToken(jti: string, expiresAt: Date, userId: string): void | Promise<void>;
  /** Revokes every token of a session. A store may use `userId` to keep a user's entries together. */
  revokeSession(sid: string, expiresAt: Date, userId: string): void | Promise<void>;
  /**
   * Revokes every token of a user that was issued at or before an instant. In the same step it revokes every token of
   * the given sessions, whenever it was issued.
   *
   * @param sids - sessions of the user, which may repeat; none by default
   */
  revokeUser(userId: string, issuedUpTo: Date, expiresAt: Date, sids?: readonly string[]): void | Promise<void>;
  /** Returns whether a token was revoked in any of the three ways: exactly `true` or `false`. */
  isRevoked(token: TokenReference): boolean | Promise<boolean>;
  /**
   * Returns the latest `issuedUpTo` that {@link Blocklist.revokeUser} was given for a user; `null` where none still
   * counts. A login issues its tokens after that instant. It calls this for unknown users too, with any text as the id.
   * Without this method, a login that follows a log-out everywhere within the profile's `clockTolerance` is refused
   * with 503.
   */
  revokedUpTo?(userId: string): Date | null | Promise<Date | null>;
  /**
   * Returns a feed of what every process stores in this blocklist, for `replicatedBlocklist` to copy. This call makes
   * no request. Leave the method out where nothing is published.
   */
  revocationFeed?(): RevocationFeed;
}

/** A revocation in a {@link RevocationFeed}. */
export type Revocation =
  | {
      /** What is revoked. */
      readonly kind: "token" | "session";
      /** Its id. */
      readonly id: string;
      /** When its last token will have expired. */
      readonly expiresAt: Date;
    }
  | {
      /** What is revoked: tokens of a user. */
      readonly kind: "user";
      /** The user's id. */
      readonly id: string;
      /** The instant up to which they were issued. */
      readonly issuedUpTo: Date;
      /** When the last of them will have expired. */
      readonly expiresAt: Date;
    };

/** A page of a {@link RevocationFeed}. */
export interface RevocationPage {
  /** The revocations. They may repeat those of earlier pages, and leave none out. */
  readonly revocations: readonly Revocation[];
  /**
   * Where the next page begins. After the store was flushed or replaced, an old cursor makes the feed start from the
   * beginning.
   */
  readonly cursor: string;
  /** Whether there is more to read at once. After a page without it, the reader has caught up. `false` by default. */
  readonly more?: boolean;
}

/** The revocations of a shared blocklist, in the order in which they were stored. */
export interface RevocationFeed {
  /**
   * Reads a page of the revocations since a cursor; all of them for `null`. Where there is none, it may wait for one,
   * and answers without any when the time is over.
   *
   * @param waitMs - the milliseconds for which it may wait
   */
  read(cursor: string | null, waitMs: number): Promise<RevocationPage>;
}

import type { AuthErrorCode } from "../core/errors.ts";
import type { OutageOperation } from "../store-calls/outage.ts";

/** The members of every event. */
export interface BaseEvent<Type extends string = string> {
  /** What happened. */
  readonly type: Type;
  /** The version of this type's members. A member is only ever added to a version. */
  readonly version: 1;
  /** When it happened, in milliseconds since 1970, by the clock of the token profile. */
  readonly at: number;
}

/** Something that happened to a user. */
export interface UserEvent<Type extends string = string> extends BaseEvent<Type> {
  /** The user's id. */
  readonly userId: string;
}

/** Something that happened to a session. */
export interface SessionEvent<Type extends string = string> extends UserEvent<Type> {
  /** The session's id; `null` where there are no sessions. */
  readonly sid: string | null;
}

/** A login, or another authentication of a user, was refused. */
export interface LoginRefusedEvent<Type extends string = "login_refused"> extends BaseEvent<Type> {
  /** The user whom the login belongs to; `null` if the login is unknown, or the store was not asked. */
  readonly userId: string | null;
  /** Why. */
  readonly code: AuthErrorCode;
}

/** An attempt was refused by the throttle. */
export interface LoginThrottledEvent extends LoginRefusedEvent<"login_throttled"> {
  /** The seconds to wait. */
  readonly retryAfter: number;
}

/** A session began. */
export interface SessionStartedEvent extends SessionEvent<"session_started"> {
  /** How the user authenticated (RFC 8176). */
  readonly methods: readonly string[];
}

/** A session ended. The event may come twice for one session, if the first request was interrupted. */
export interface SessionEndedEvent extends SessionEvent<"session_ended"> {
  /** Why. `"limit"`: the user has as many sessions as `maxSessions` allows, and this one made room for another one. */
  readonly reason: "logout" | "reuse" | "limit";
}

/** A refresh token was refused. */
export interface RefreshRefusedEvent extends BaseEvent<"refresh_refused"> {
  /** Why. */
  readonly code: AuthErrorCode;
}

/** A request showed a credential that a guard refused. */
export interface TokenRefusedEvent extends BaseEvent<"token_refused"> {
  /** Why. */
  readonly code: AuthErrorCode;
}

/** A rule refused an identity. */
export interface AccessRefusedEvent extends SessionEvent<"access_refused"> {
  /** Why. */
  readonly code: AuthErrorCode;
}

/** A store, a queue or another dependency was down, slow or full. */
export interface OutageEvent extends BaseEvent<"outage"> {
  /** The operation that met it. */
  readonly operation: OutageOperation;
  /** Whether the request was refused with 503. */
  readonly refused: boolean;
  /** The call that failed, such as `"users.findById"`; `null` where no call failed, as with a full queue. */
  readonly call: string | null;
  /** How long that call took, in milliseconds; `null` where no call failed. */
  readonly durationMs: number | null;
  /** The name of the error that caused it, such as `"TypeError"`; `null` where there is none. Its text stays out. */
  readonly cause: string | null;
}

/** A one-time token or code was issued to a user, or used. */
export interface OneTimeTokenEvent extends UserEvent<"one_time_token_issued" | "one_time_token_used"> {
  /** The purpose that it was issued for. */
  readonly purpose: string;
}

/** A one-time token or code was refused. */
export interface OneTimeTokenRefusedEvent extends BaseEvent<"one_time_token_refused"> {
  /** The user whose code was tried; `null` for a token, for text that can't be a code, and if the user has no code. */
  readonly userId: string | null;
  /** The purpose that it was tried for. */
  readonly purpose: string;
  /**
   * Why. `"tries"`: the user's tries are used up, whether the code was right or wrong. `"worthless"`: wrong, unknown,
   * used or expired.
   */
  readonly reason: "worthless" | "tries";
}

/** Something happened to an API key. */
export interface ApiKeyEvent<Type extends string = "api_key_created" | "api_key_used" | "api_key_revoked">
  extends UserEvent<Type> {
  /** The key's id, which is not the key. */
  readonly keyId: string;
}

/** An API key was rotated. */
export interface ApiKeyRotatedEvent extends ApiKeyEvent<"api_key_rotated"> {
  /** The id of the key that takes its place. */
  readonly newKeyId: string;
}

/** Remote keys were loaded. */
export interface KeysFetchedEvent extends KeysEvent<"keys_fetched"> {
  /** How many of them can be used. */
  readonly keys: number;
}

/** The members of every event about remote keys. */
export interface KeysEvent<Type extends string = string> extends BaseEvent<Type> {
  /** The source of the keys: an address without its query, or the name of a function. */
  readonly source: string;
}

/** Keys could not be loaded. The last ones that were loaded stay in use for a while. */
export interface KeysFailedEvent extends KeysEvent<"keys_failed"> {
  /** The earliest time of the next try, in milliseconds since 1970. */
  readonly nextTryAt: number;
  /** The name of the error that caused it, such as `"TypeError"`; `null` where there is none. Its text stays out. */
  readonly cause: string | null;
}

/**
 * Keys are used beyond their time (stale), since they can't be loaded again. The event comes once for each such period.
 */
export interface KeysStaleEvent extends KeysEvent<"keys_stale"> {
  /** How long ago they were loaded, in milliseconds. */
  readonly ageMs: number;
}

/** A key was added, or is gone, so that its tokens are refused from now on. */
export interface KeyEvent extends KeysEvent<"key_added" | "key_gone"> {
  /** The key's name, which is its thumbprint where the source gave none. */
  readonly kid: string | null;
  /** Its algorithm. */
  readonly algorithm: string;
}

/** A key of a set can't be used. */
export interface KeySkippedEvent extends KeysEvent<"key_skipped"> {
  /** The key's name; `null` where it has none. */
  readonly kid: string | null;
  /** Why, in hallpass's own words. */
  readonly reason: string;
}

/** The events that have no members beside the user. */
export type PlainUserEvent = UserEvent<
  | "login_succeeded"
  | "password_verified"
  | "password_changed"
  | "password_reset"
  | "logged_out_everywhere"
  | "api_keys_revoked"
>;

/** The events that have no members beside the session and its user. */
export type PlainSessionEvent = SessionEvent<
  "session_refreshed" | "refresh_token_reused" | "reauthenticated" | "token_revoked"
>;

/**
 * Something that happened, for a log, a monitor or an alarm. Events hold ids, codes and times, and never a credential,
 * a login name or an error's text. They are frozen.
 */
export type AuthEvent =
  | PlainUserEvent
  | PlainSessionEvent
  | LoginRefusedEvent
  | LoginThrottledEvent
  | SessionStartedEvent
  | SessionEndedEvent
  | RefreshRefusedEvent
  | TokenRefusedEvent
  | AccessRefusedEvent
  | OutageEvent
  | OneTimeTokenEvent
  | OneTimeTokenRefusedEvent
  | ApiKeyEvent
  | ApiKeyRotatedEvent
  | KeysFetchedEvent
  | KeysFailedEvent
  | KeysStaleEvent
  | KeyEvent
  | KeySkippedEvent;

/** A listener to events. What it throws, and how long it takes, changes nothing. */
export type AuthEventListener = (event: AuthEvent) => unknown;

/** An event without `version` and `at`, which every event gets. */
export type EventOf<Event = AuthEvent> = Event extends AuthEvent ? Omit<Event, "version" | "at"> : never;

import type { AuthErrorCode } from "../core/errors.ts";
import type { OutageOperation } from "../store-calls/outage.ts";

/** What every event says. */
interface Happening<Type extends string> {
  /** What happened. */
  readonly type: Type;
  /** The version of this type's members. A member is only ever added to a version. */
  readonly version: 1;
  /** When it happened, in milliseconds since 1970, by the clock of the token profile. */
  readonly at: number;
}

/** Whom an event is about. */
interface OfUser {
  /** The user's id. */
  readonly userId: string;
}

/** The session that an event is about. */
interface OfSession extends OfUser {
  /** The session's id; `null` where there are no sessions. */
  readonly sid: string | null;
}

/** A login, a change or a proof of a password was refused. `userId` is `null` where nobody has the login. */
interface Refused {
  /** The user whom the login belongs to; `null` where nobody has it, or the store was not asked. */
  readonly userId: string | null;
  /** Why. */
  readonly code: AuthErrorCode;
}

/**
 * Something that happened, for a log, a monitor or an alarm. Events hold ids, codes and times, and never a credential,
 * a login name or an error's text. They are frozen.
 */
export type AuthEvent =
  | (Happening<"login_succeeded"> & OfUser)
  | (Happening<"login_refused"> & Refused)
  | (Happening<"login_throttled"> &
      Refused & {
        /** The seconds to wait. */
        readonly retryAfter: number;
      })
  | (Happening<"password_verified"> & OfUser)
  | (Happening<"session_started"> &
      OfSession & {
        /** How the user proved it. */
        readonly methods: readonly string[];
      })
  | (Happening<"session_refreshed"> & OfSession)
  | (Happening<"session_ended"> &
      OfSession & {
        /** Why. */
        readonly reason: "logout" | "reuse";
      })
  | (Happening<"refresh_token_reused"> & OfSession)
  | (Happening<"reauthenticated"> & OfSession)
  | (Happening<"logged_out_everywhere"> & OfUser)
  | (Happening<"password_changed"> & OfUser)
  | (Happening<"password_reset"> & OfUser)
  | (Happening<"token_refused"> & {
      /** Why. */
      readonly code: AuthErrorCode;
    })
  | (Happening<"access_refused"> &
      OfSession & {
        /** Why. */
        readonly code: AuthErrorCode;
      })
  | (Happening<"outage"> & {
      /** The operation that met it. */
      readonly operation: OutageOperation;
      /** Whether the request was refused with 503. */
      readonly refused: boolean;
      /** The call that failed, such as `"users.findById"`; `null` where no call failed, as with a full queue. */
      readonly call: string | null;
      /** How long that call took, in milliseconds; `null` where no call failed. */
      readonly durationMs: number | null;
      /**
       * The name of the error that caused it, such as `"TypeError"`; `null` where there is none. Its text stays out.
       */
      readonly cause: string | null;
    })
  | (Happening<"one_time_token_issued"> &
      OfUser & {
        /** Its purpose. */
        readonly purpose: string;
      })
  | (Happening<"one_time_token_used"> &
      OfUser & {
        /** Its purpose. */
        readonly purpose: string;
      })
  | (Happening<"api_key_created"> &
      OfUser & {
        /** The key's id. */
        readonly keyId: string;
      })
  | (Happening<"api_key_used"> &
      OfUser & {
        /** The key's id. */
        readonly keyId: string;
      })
  | (Happening<"api_key_rotated"> &
      OfUser & {
        /** The old key's id. */
        readonly keyId: string;
        /** The id of the key that takes its place. */
        readonly newKeyId: string;
      })
  | (Happening<"api_keys_revoked"> & OfUser)
  | (Happening<"api_key_revoked"> &
      OfUser & {
        /** The key's id. */
        readonly keyId: string;
      });

/** A listener to events. What it throws, and how long it takes, changes nothing. */
export type EventListener = (event: AuthEvent) => unknown;

/** An event without what each event has. */
export type EventOf<Event = AuthEvent> = Event extends AuthEvent ? Omit<Event, "version" | "at"> : never;

import { type AuthError, isAuthError } from "../core/errors.ts";
import { tell, warningOnce } from "../shared/listener.ts";
import { failedCall } from "./ask.ts";

/** What was being done: the name of the verb, where `authenticateOptional` is `"authenticate"` too. */
export type OutageOperation =
  | "authenticate"
  | "login"
  | "changePassword"
  | "refresh"
  | "logout"
  | "logoutEverywhere"
  | "logoutByRefreshToken"
  | "logoutSession"
  | "sessions";

/** What is known about an outage beside its error. */
export interface OutageContext {
  /** What was being done. */
  readonly operation: OutageOperation;
  /**
   * Whether the request was refused with 503. `false` where it went on without what was down, as with a throttle whose
   * `onOutage` is `"allow"`.
   */
  readonly refused: boolean;
  /** The call that failed, such as `"users.findById"`. Left out where it was none of a store's, such as a full queue. */
  readonly call?: string;
  /** How long that call took, in milliseconds. */
  readonly durationMs?: number;
}

/** Whoever is told of outages. */
export type OutageListener = (error: AuthError, context: OutageContext) => unknown;

/** Whether what was thrown refuses with 503: something of ours was down, slow or full. */
export function isOutage(error: unknown): error is AuthError {
  return isAuthError(error) && error.status === 503;
}

/** Tells of an outage. */
export function tellOutage(
  listener: OutageListener,
  error: AuthError,
  operation: OutageOperation,
  refused: boolean,
): void {
  tell(listener, error, { operation, refused, ...failedCall(error) });
}

/** The listener where nobody gave one: the process is warned once, without the cause, which may be a driver's own words. */
export function warnOnce(): OutageListener {
  const warn = warningOnce();
  return ({ code }, { operation, call = code }) => {
    warn(
      `hallpass: ${operation} met an outage: ${call}. Further ones are not warned of; give onOutage to be told of each and of its cause`,
    );
  };
}

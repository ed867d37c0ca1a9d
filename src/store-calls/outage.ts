import { type AuthError, isAuthError } from "../core/errors.ts";
import { createWarning, tell } from "../shared/listener.ts";
import { findFailedCall } from "./call.ts";

/**
 * The operation that met an outage. `authenticateOptional` counts as `"authenticate"`. `"issue"`, `"find"`, `"consume"`
 * and `"revoke"` are of one-time tokens and codes. Those whose names end in `Key` or `Keys` are of API keys:
 * `"touchKey"` writes when a key was last used. Those with `Status` are of status lists. `"verifyProof"` is of a proof
 * that came without an access token.
 */
export type OutageOperation =
  | "authenticate"
  | "authorize"
  | "verifyProof"
  | "login"
  | "verifyPassword"
  | "startSession"
  | "reauthenticate"
  | "changePassword"
  | "resetPassword"
  | "refresh"
  | "logout"
  | "logoutEverywhere"
  | "logoutByRefreshToken"
  | "logoutSession"
  | "inspectRefreshToken"
  | "revokeAccessToken"
  | "sessions"
  | "issue"
  | "find"
  | "consume"
  | "revoke"
  | "verifyKey"
  | "touchKey"
  | "createKey"
  | "listKeys"
  | "revokeKey"
  | "revokeKeys"
  | "rotateKey"
  | "allocateStatus"
  | "revokeStatus"
  | "publishStatusList"
  | "fetchStatusList";

/** The details of an outage, beside its error. */
export interface OutageContext {
  /** The operation that met it. */
  readonly operation: OutageOperation;
  /**
   * Whether the request was refused with 503. It is `false` where the request went on without the store, as with a
   * throttle whose `onOutage` is `"allow"`.
   */
  readonly refused: boolean;
  /** The call that failed, such as `"users.findById"`. It is left out where no call failed, as with a full queue. */
  readonly call?: string;
  /** How long that call took, in milliseconds. */
  readonly durationMs?: number;
}

/** A listener that is called with each outage. */
export type OutageListener = (error: AuthError, context: OutageContext) => unknown;

/** Tells whether an error refuses with 503: something of ours was down, slow or full. */
export function isOutage(error: unknown): error is AuthError {
  return isAuthError(error) && error.status === 503;
}

/** Calls a listener with an outage. */
export function tellOutage(
  listener: OutageListener,
  error: AuthError,
  operation: OutageOperation,
  refused: boolean,
): void {
  tell(listener, error, { operation, refused, ...findFailedCall(error) });
}

/**
 * Creates the listener for applications that gave none: it emits a process warning for the first outage of each call.
 * The warning leaves out the cause, which may quote a driver.
 */
export function warnOfFirstOutage(): OutageListener {
  const warnings = new Map<string, (message: string) => void>();
  return ({ code }, { operation, call = code }) => {
    const warn = warnings.get(call) ?? createWarning();
    warnings.set(call, warn);
    warn(
      `hallpass: ${operation} met an outage: ${call}. ` +
        "Further ones of this call are not warned of; give onOutage to be told of each and of its cause",
    );
  };
}

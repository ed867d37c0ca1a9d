import { isThenable } from "../../shared/promise.ts";
import { AuthError, isAuthError } from "../errors.ts";
import type { CheckedClaims, OpenClaims } from "./claims.ts";

/**
 * Checks whether a token that was verified is still good, by its `status` claim. `statusLists` of
 * `hallpass/status-list` makes one.
 */
export interface StatusCheck {
  /**
   * Lets a token pass by answering nothing, or a promise of nothing. It is asked each time that the token is shown.
   *
   * @param claims - the claims that were signed
   * @throws AuthError that refuses. Anything else that is thrown is an outage (503), and so is any other answer.
   */
  check(claims: OpenClaims): void | Promise<void>;
}

/** Asks a profile's check of the status. It answers with a promise only where the check does. */
export function askStatus(status: StatusCheck, claims: CheckedClaims): void | Promise<void> {
  try {
    const verdict: unknown = status.check(claims);
    if (isThenable(verdict)) return Promise.resolve(verdict).then(refuseVerdict).catch(refuse);
    refuseVerdict(verdict);
  } catch (error) {
    refuse(error);
  }
}

/** A check says no by an error. Whoever answers `false` means no too, and any other answer may mean anything. */
function refuseVerdict(verdict: unknown): void {
  if (verdict !== undefined) throw new TypeError("a profile's status must throw where it refuses, and answer nothing");
}

function refuse(error: unknown): never {
  throw isAuthError(error) ? error : new AuthError("unavailable", { cause: error });
}

import { type AuthError, isAuthError } from "../core/errors.ts";
import type { Emit } from "../events/emit.ts";

/**
 * The refusals that were reported already, since one may pass through several steps of a login. All of these are of one
 * copy of the package, that of the authenticator.
 */
const reported = new WeakSet<AuthError>();

/**
 * Runs a step of a login, and reports the refusal that it ends with. Outages are reported elsewhere.
 *
 * @param findUserId - finds the user, if the step has got that far; `null` if the login is unknown
 */
export async function tellRefusal<T>(emit: Emit, findUserId: () => string | null, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isAuthError(error) && error.expose && !reported.has(error)) {
      reported.add(error);
      emitRefusal(emit, findUserId(), error);
    }
    throw error;
  }
}

function emitRefusal(emit: Emit, userId: string | null, { code, headers }: AuthError): void {
  const retryAfter = headers["Retry-After"];
  if (retryAfter === undefined) emit(() => ({ type: "login_refused", userId, code }));
  else emit(() => ({ type: "login_throttled", userId, code, retryAfter: Number(retryAfter) }));
}

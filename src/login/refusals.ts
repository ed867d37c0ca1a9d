import { type AuthError, isAuthError } from "../core/errors.ts";
import type { Emit } from "../events/emit.ts";

/** The refusals that were told already: one may pass several steps of a login. */
const told = new WeakSet<AuthError>();

/**
 * Does a step of a login, and tells of the refusal that it ends with. An outage is told of elsewhere.
 *
 * @param findUserId - finds the user as far as the step has come; `null` where nobody has the login
 */
export async function tellRefusal<T>(emit: Emit, findUserId: () => string | null, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isAuthError(error) && error.expose && !told.has(error)) {
      told.add(error);
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

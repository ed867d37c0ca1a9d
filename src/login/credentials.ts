import { AuthError } from "../core/errors.ts";
import { isText } from "../shared/text.ts";
import { checkCredentials, isNobody } from "../store-calls/user-answers.ts";
import type { Credentials, User } from "../stores/contract.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Reads a login name and a password from a request's body. They are two strings, so that nothing else of a body reaches
 * a query.
 *
 * @throws AuthError `malformed_credentials` (400)
 */
export function readCredentials(input: unknown): { readonly name: string; readonly password: string } {
  const { login: name, password } = (input ?? {}) as { login?: unknown; password?: unknown };
  if (!isText(name) || !isText(password)) throw new AuthError("malformed_credentials");
  return { name, password };
}

/** What a user store answered about a login. */
export interface FoundCredentials<U extends User> {
  /** The user and the hash; `null` where nobody has the login. */
  readonly found: Credentials<U> | null;
  /** What was wrong with an answer that nobody has the login, where it was not `null`. */
  readonly oddity: Error | undefined;
}

/** Finds the user of a login. */
export async function findCredentials<U extends User>(
  { users, budget }: LoginSettings<U>,
  name: string,
): Promise<FoundCredentials<U>> {
  const find = async () => users.findCredentials(name);
  const answer = await budget.callStore("users.findCredentials", find, checkCredentials);
  if (!isNobody(answer)) return { found: answer, oddity: undefined };
  return { found: null, oddity: answer === null ? undefined : new TypeError(NOT_NULL) };
}

const NOT_NULL = "users.findCredentials: of a login that nobody has it answered undefined: answer null";

/** Makes the refusal of a login, which is the same whatever the reason. */
export function invalidCredentials({ realm }: { readonly realm: string }, cause?: Error): AuthError {
  return new AuthError("invalid_credentials", { realm, ...(cause && { cause }) });
}

import { AuthError } from "../core/errors.ts";
import { describeMissing } from "../shared/describe.ts";
import { isObject } from "../shared/object.ts";
import { refusePromise, refusePromisesIn } from "../shared/promise.ts";
import { A_TEXT, isText } from "../shared/text.ts";
import { checkCredentials, expectCredentials, isNobody } from "../store-calls/user-answers.ts";
import type { Credentials, User } from "../stores/contract.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Reads a login name and a password from a request's body. Both must be strings, so that no other part of a body
 * reaches a query.
 *
 * @throws AuthError `malformed_credentials` (400)
 */
export function readLoginAndPassword(input: unknown): { readonly name: string; readonly password: string } {
  const { login: name, password } = (input ?? {}) as { login?: unknown; password?: unknown };
  refusePromisesIn("what is to log in", { login: name, password });
  if (!isText(name) || !isText(password)) throw createMalformedError(BOTH, input, { login: name, password });
  return { name, password };
}

/**
 * Reads the password of a user who is known already.
 *
 * @throws AuthError `malformed_credentials` (400)
 */
export function readPassword(input: unknown): string {
  const { password } = (input ?? {}) as { password?: unknown };
  refusePromise("the password", password);
  if (!isText(password)) throw createMalformedError(ONE, input, { password });
  return password;
}

const BOTH = "login and password must be members of one object, each ";
const ONE = "password must be a member of one object, ";

/**
 * Creates the refusal of credentials. Its cause names the members that are wrong, and shows nothing that the client
 * sent: a body that was parsed as another format may hold the password in the name of a member.
 */
function createMalformedError(expected: string, input: unknown, members: Readonly<Record<string, unknown>>): AuthError {
  const wrong = Object.entries(members).filter(([, value]) => !isText(value));
  const faults = isObject(input)
    ? wrong.map(([name, value]) => `${name} is ${describeMissing(value)}`).join(", ")
    : `this is ${typeof input === "string" ? "text" : describeMissing(input)}`;
  const cause = new Error(`${expected}${A_TEXT}: ${faults}`);
  return new AuthError("malformed_credentials", { cause });
}

/** Names the user whose password is compared: by a login as it was written, or by the id of a known user. */
export type Claimant = { readonly login: string } | { readonly userId: string };

/** What a user store answered about a claimant. */
export interface FoundCredentials<U extends User> {
  /** The user and the hash; `null` where there is none. */
  readonly found: Credentials<U> | null;
  /** What was wrong with the answer for an unknown login, if it was not `null`. */
  readonly oddity: Error | undefined;
}

const NOT_NULL = "users.findCredentials: of a login that nobody has it answered undefined: answer null";

/** Finds a claimant and the password hash. */
export async function findCredentials<U extends User>(
  settings: LoginSettings<U>,
  claimant: Claimant,
): Promise<FoundCredentials<U>> {
  const { users, budget } = settings;
  if ("userId" in claimant) {
    const { userId } = claimant;
    const findById = async () => users.findCredentialsById?.(userId) as Promise<Credentials<U> | null>;
    const found = await budget.callStore("users.findCredentialsById", findById, expectCredentials(userId));
    return { found, oddity: undefined };
  }
  const find = async () => users.findCredentials(claimant.login);
  const answer = await budget.callStore("users.findCredentials", find, checkCredentials);
  if (!isNobody(answer)) return { found: answer, oddity: undefined };
  return { found: null, oddity: answer === null ? undefined : new TypeError(NOT_NULL) };
}

/** Makes the refusal of a login, which is the same for every reason. */
export function createCredentialsError({ realm }: { readonly realm: string }, cause?: Error): AuthError {
  return new AuthError("invalid_credentials", { realm, ...(cause && { cause }) });
}

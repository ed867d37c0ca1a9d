import { isObject } from "../shared/object.ts";
import type { Credentials, User } from "../stores/contract.ts";
import { type AnswerCheck, demand, demandId, demandInstantOrNull, OR_NULL } from "./answer-checks.ts";

/** Checks what a user store's `findCredentials` answers. */
export function checkCredentials(call: string, answer: unknown): void {
  if (isNobody(answer)) return;
  demand(isObject(answer), call, "the answer", "null or { user, passwordHash }", answer);
  const { user, passwordHash } = answer as Partial<Credentials>;
  checkUser(call, "user", user);
  const isHash = passwordHash === null || typeof passwordHash === "string";
  demand(isHash, call, "passwordHash", "a string, or null for a user without a password", passwordHash, OR_NULL);
}

/**
 * Tells whether an answer of `findCredentials` says that there is no such user. The contract asks for `null`. Other
 * forms are accepted too: if only unknown users were answered with 503, that would reveal who has an account.
 */
export function isNobody(answer: unknown): answer is null | undefined {
  if (answer === null || answer === undefined) return true;
  if (!isObject(answer) || !("user" in answer)) return false;
  return answer.user === null || answer.user === undefined;
}

/** Creates the check of what a user store's `findCredentialsById` answers for an id. */
export function expectCredentials(id: string): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    demand(!isNobody(answer), call, "the answer", "null or { user, passwordHash }", answer);
    checkCredentials(call, answer);
    const isOwn = (answer as Credentials).user.id === id;
    if (!isOwn) throw new TypeError(`${call}: it answered with another user than it was asked for`);
  };
}

/** Creates the check of what a user store's `findById` answers for an id. */
export function expectUser(id: string): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    checkUser(call, "the answer", answer);
    if ((answer as User).id !== id) throw new TypeError(`${call}: it answered with another user than it was asked for`);
  };
}

/** What `disabled` may be. Databases write a flag as 0 or 1. */
const FLAGS: ReadonlySet<unknown> = new Set([undefined, null, true, false, 0, 1]);

function checkUser(call: string, what: string, value: unknown): void {
  demand(isObject(value), call, what, "an object", value, OR_NULL);
  const { id, disabled, passwordChangedAt = null } = value as Partial<User>;
  demandId(call, "user.id", id);
  demand(FLAGS.has(disabled), call, "user.disabled", "true or false", disabled);
  demandInstantOrNull(call, "user.passwordChangedAt", passwordChangedAt);
}

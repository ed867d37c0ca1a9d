import { AuthError, isAuthError } from "../core/errors.ts";
import type { WorkOptions } from "../core/password/gate.ts";
import type { PasswordChecker } from "../core/password/hasher.ts";
import { identifyScheme } from "../core/password/scheme.ts";
import { readStopwatch } from "../shared/clock.ts";
import { tell } from "../shared/listener.ts";
import { refusePromise, withTimeout } from "../shared/promise.ts";
import { isText } from "../shared/text.ts";
import { type AnswerCheck, checkBoolean, demand } from "../store-calls/answer-checks.ts";
import type { Credentials, User } from "../stores/contract.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Compares passwords with a hash. All are compared, so that the time does not reveal which of them matched.
 *
 * @param from - whose work it is, for the hasher's queue
 * @returns the first password that matches; `null` where none does
 */
export async function comparePasswords<U extends User>(
  settings: LoginSettings<U>,
  candidates: readonly string[],
  hash: string | null,
  from: string | undefined,
): Promise<string | null> {
  let matching: string | null = null;
  for (const password of candidates) {
    const compare = (options: WorkOptions) => settings.passwords.compare(password, hash, options);
    if (await workInTime(settings, "passwords.compare", compare, checkBoolean, from)) matching ??= password;
  }
  return matching;
}

/**
 * Hashes a password, which may be anything that a client sent.
 *
 * @param from - whose work it is, for the hasher's queue
 */
export async function hashInTime<U extends User>(
  settings: LoginSettings<U>,
  password: unknown,
  from: string | undefined,
): Promise<string> {
  refusePromise("the new password", password);
  const hash = (options: WorkOptions) => settings.passwords.hash(password as string, options);
  return workInTime(settings, "passwords.hash", hash, checkHash, from);
}

/**
 * Explains why a user can't log in if the hasher can't read the stored hash, and calls the listener.
 *
 * @returns the cause of the refusal; `undefined` where the hash can be read
 */
export function explainUnreadableHash<U extends User>(
  { passwords, onUnreadableHash }: LoginSettings<U>,
  { user, passwordHash }: Credentials<U>,
): Error | undefined {
  if (passwordHash === null || !isUnreadable(passwords, passwordHash)) return undefined;
  const scheme = identifyScheme(passwordHash);
  tell(onUnreadableHash, user.id, scheme);
  return new Error(
    `the hasher can't read the user's stored hash (scheme: ${scheme}), so no password matches it: list its scheme in ` +
      "legacy, raise ceiling or maxCost if it costs more, or let the user have another password if it is damaged",
  );
}

/** Tells whether a hasher can't read a hash. That only explains a refusal, so an error must not change the refusal. */
function isUnreadable(passwords: PasswordChecker, hash: string): boolean {
  try {
    return passwords.canRead?.(hash) === false;
  } catch {
    return false;
  }
}

/**
 * Waits for the hasher for as long as the request has time left, and then gives up the place in the queue. An error
 * of the hasher is an outage, and so is an answer that fails the check: otherwise a hasher that returns an object would
 * let everybody in.
 */
async function workInTime<T, U extends User>(
  { budget }: LoginSettings<U>,
  name: string,
  work: (options: WorkOptions) => Promise<T>,
  check: AnswerCheck,
  from: string | undefined,
): Promise<T> {
  const giveUp = new AbortController();
  const createLateError = (cause: Error): AuthError => {
    giveUp.abort();
    return new AuthError("overloaded", { cause });
  };
  if (budget.getTimeLeft() === 0) throw createLateError(new Error("no time of the request was left to hash"));
  const startedAt = readStopwatch();
  let read: () => T;
  try {
    const answer = await withTimeout("hashing", budget.getTimeLeft(), work({ from, signal: giveUp.signal }), {
      createLateError,
    });
    read = () => answer;
  } catch (error) {
    if (isAuthError(error)) throw error;
    read = () => {
      throw error;
    };
  }
  return budget.callStore(name, read, check, startedAt); // The time in the queue counts, too.
}

function checkHash(call: string, answer: unknown): void {
  demand(isText(answer), call, "the answer", "a hash in a string", answer);
}

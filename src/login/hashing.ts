import type { FlowSettings } from "../authenticator/settings.ts";
import { AuthError } from "../core/errors.ts";
import type { WorkOptions } from "../core/password/gate.ts";
import { schemeOf } from "../core/password/scheme.ts";
import { tell } from "../shared/listener.ts";
import { withTimeout } from "../shared/promise.ts";
import type { Credentials, User } from "../stores/contract.ts";

/** The first of some passwords that matches a hash; `null` where none does. All are compared, so that nobody can tell which. */
export async function comparePasswords<U extends User>(
  settings: FlowSettings<U>,
  candidates: readonly string[],
  hash: string | null,
  from: string | undefined,
): Promise<string | null> {
  let matching: string | null = null;
  for (const password of candidates) {
    const matches = await inTime(settings, (options) => settings.passwords.compare(password, hash, options), from);
    if (matches) matching ??= password;
  }
  return matching;
}

/** Hashes a password, which may be anything that a client sent. */
export async function hashPassword<U extends User>(
  settings: FlowSettings<U>,
  password: unknown,
  from: string | undefined,
): Promise<string> {
  return inTime(settings, (options) => settings.passwords.hash(password as string, options), from);
}

/** What keeps a user out whose hash the hasher can't read, which is told as well; `undefined` where that is not so. */
export function unreadableHash<U extends User>(
  { passwords, onUnreadableHash }: FlowSettings<U>,
  { user, passwordHash }: Credentials<U>,
): Error | undefined {
  if (passwordHash === null || passwords.canRead?.(passwordHash) !== false) return undefined;
  const scheme = schemeOf(passwordHash);
  tell(onUnreadableHash, user.id, scheme);
  return new Error(
    `the hasher can't read the user's stored hash (scheme: ${scheme}), so no password matches it: list its scheme in ` +
      "legacy, raise ceiling or maxCost if it costs more, or let the user have another password if it is damaged",
  );
}

/** Waits for a hash for as long as the request has time left, and gives up its place in the queue after that. */
async function inTime<T, U extends User>(
  { budget }: FlowSettings<U>,
  work: (options: WorkOptions) => Promise<T>,
  from: string | undefined,
): Promise<T> {
  const giveUp = new AbortController();
  const late = (cause: Error): AuthError => {
    giveUp.abort();
    return new AuthError("overloaded", { cause });
  };
  if (budget.left() === 0) throw late(new Error("no time of the request was left to hash"));
  return withTimeout("hashing", budget.left(), work({ from, signal: giveUp.signal }), { late });
}

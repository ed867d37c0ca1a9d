import { AuthError } from "../core/errors.ts";
import type { WorkOptions } from "../core/password/gate.ts";
import type { User } from "../stores/contract.ts";
import type { FlowSettings } from "./settings.ts";

/** The first of some passwords that matches a hash; `null` where none does. Without a hash, each costs the same work. */
export async function comparePasswords<U extends User>(
  settings: FlowSettings<U>,
  candidates: readonly string[],
  hash: string | null,
  from: string | undefined,
): Promise<string | null> {
  for (const password of candidates) {
    if (await inTime(settings, (options) => settings.passwords.compare(password, hash, options), from)) return password;
  }
  return null;
}

/** Hashes a password, which may be anything that a client sent. */
export async function hashPassword<U extends User>(
  settings: FlowSettings<U>,
  password: unknown,
  from: string | undefined,
): Promise<string> {
  return inTime(settings, (options) => settings.passwords.hash(password as string, options), from);
}

/** Waits for a hash for as long as the request has time left, and gives up its place in the queue after that. */
async function inTime<T, U extends User>(
  { budget }: FlowSettings<U>,
  work: (options: WorkOptions) => Promise<T>,
  from: string | undefined,
): Promise<T> {
  const giveUp = new AbortController();
  const late = new AuthError("overloaded", { cause: new Error("hashing took longer than the request had time") });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(late);
      giveUp.abort();
    }, budget.left());
  });
  try {
    return await Promise.race([work({ from, signal: giveUp.signal }), limit]);
  } finally {
    clearTimeout(timer);
  }
}

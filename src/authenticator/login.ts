import { AuthError } from "../core/errors.ts";
import type { User } from "../stores/contract.ts";
import { isBoolean, isCredentials, isText } from "./answers.ts";
import { ask } from "./ask.ts";
import { type LoginResult, openSession } from "./session.ts";
import type { FlowSettings } from "./settings.ts";
import { countAttempt } from "./throttle.ts";

/** Where an attempt to log in comes from. */
export interface LoginOrigin {
  /** The client's address, as the framework knows it. Without one, attempts are counted together. */
  readonly ip?: string | undefined;
}

/** A user who has just proved to be one. */
export interface Proof<U extends User> {
  readonly user: U;
  readonly password: string;
  readonly passwordHash: string;
}

/** Checks a login and issues its tokens. */
export async function login<U extends User>(
  settings: FlowSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<LoginResult<U>> {
  const proof = await prove(settings, input, origin);
  const result = await openSession(settings, proof.user);
  // A renewal that fails is tried again at the next login, and is no reason to refuse this one.
  await rehash(settings, proof)
    .catch(settings.onRehashFailure)
    .catch(() => undefined);
  return result;
}

/**
 * Holds credentials against the stored hash. An unknown user, a wrong password, a disabled user, one without a hash and
 * one with an unreadable hash cost the same work and get the same answer.
 */
export async function prove<U extends User>(
  settings: FlowSettings<U>,
  input: unknown,
  { ip }: LoginOrigin,
): Promise<Proof<U>> {
  const { users, passwords, storeTimeoutMs } = settings;
  const { name, password } = credentialsOf(input);
  const clear = await countAttempt(settings, name, ip);
  const find = () => users.findCredentials(name);
  const found = await ask("users.findCredentials", storeTimeoutMs, find, isCredentials);
  const matched = await passwords.compare(password, found?.passwordHash ?? null);
  if (found === null || !matched || found.user.disabled) {
    throw new AuthError("invalid_credentials", { realm: settings.realm });
  }
  await clear();
  return { user: found.user, password, passwordHash: found.passwordHash as string };
}

async function rehash<U extends User>(
  { users, passwords, storeTimeoutMs }: FlowSettings<U>,
  { user, password, passwordHash }: Proof<U>,
): Promise<void> {
  if (users.replacePasswordHash === undefined || !passwords.needsRehash(passwordHash)) return;
  const next = await passwords.hash(password);
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next);
  await ask("users.replacePasswordHash", storeTimeoutMs, replace, isBoolean);
}

/** Two strings or nothing: whatever else a request's body may hold never reaches a query. */
function credentialsOf(input: unknown): { name: string; password: string } {
  const { login: name, password } = (input ?? {}) as { login?: unknown; password?: unknown };
  if (!isText(name) || !isText(password)) throw new AuthError("malformed_credentials");
  return { name, password };
}

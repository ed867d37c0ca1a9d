import { AuthError } from "../core/errors.ts";
import type { PasswordHasher } from "../core/password/hasher.ts";
import { issueToken } from "../core/token/issue.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import type { Credentials, User, UserStore } from "../stores/contract.ts";
import { ask } from "./ask.ts";

/** What a good login comes to. */
export interface LoginResult<U extends User = User> {
  /** The token for the `Authorization` header. */
  readonly accessToken: string;
  /** How it is to be sent (RFC 6750). */
  readonly tokenType: "Bearer";
  /** How long it is valid, in seconds. */
  readonly expiresIn: number;
  /** Who logged in. Not part of any HTTP answer. */
  readonly user: U;
}

/** What a login needs, checked and with its defaults. */
export interface LoginSettings<U extends User> {
  readonly token: TokenProfile;
  readonly users: UserStore<U>;
  readonly passwords: PasswordHasher;
  readonly claims: (user: U) => object | Promise<object>;
  readonly onRehashFailure: (error: unknown) => void;
  readonly realm: string;
  readonly storeTimeoutMs: number;
}

const LONGEST = 1_024;

/**
 * Checks a login and issues its token. An unknown user, a wrong password, a disabled user, one without a hash and one
 * with an unreadable hash cost the same work and get the same answer.
 */
export async function login<U extends User>(settings: LoginSettings<U>, input: unknown): Promise<LoginResult<U>> {
  const { token, users, passwords, storeTimeoutMs } = settings;
  const { name, password } = credentialsOf(input);
  const find = () => users.findCredentials(name);
  const found = await ask("users.findCredentials", storeTimeoutMs, find, isCredentials);
  const matched = await passwords.compare(password, found?.passwordHash ?? null);
  if (found === null || !matched || found.user.disabled) {
    throw new AuthError("invalid_credentials", { realm: settings.realm });
  }
  const { user, passwordHash } = found;
  const read = async () => settings.claims(user);
  const claims = { ...(await ask("claims", storeTimeoutMs, read, isObject)), sub: user.id };
  const accessToken = await issueToken(claims as InputOf<TokenProfile>, token);
  // A renewal that fails is tried again at the next login, and is no reason to refuse this one.
  await rehash(settings, user, password, passwordHash as string)
    .catch(settings.onRehashFailure)
    .catch(() => undefined);
  return { accessToken, tokenType: "Bearer", expiresIn: token.expiresIn, user };
}

async function rehash<U extends User>(
  { users, passwords, storeTimeoutMs }: LoginSettings<U>,
  user: U,
  password: string,
  current: string,
): Promise<void> {
  if (users.replacePasswordHash === undefined || !passwords.needsRehash(current)) return;
  const next = await passwords.hash(password);
  const replace = async () => users.replacePasswordHash?.(user.id, current, next);
  await ask("users.replacePasswordHash", storeTimeoutMs, replace, (answer) => typeof answer === "boolean");
}

/** Two strings or nothing: whatever else a request's body may hold never reaches a query. */
function credentialsOf(input: unknown): { name: string; password: string } {
  const { login: name, password } = (input ?? {}) as { login?: unknown; password?: unknown };
  if (!isText(name) || !isText(password)) throw new AuthError("malformed_credentials");
  return { name, password };
}

function isText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= LONGEST &&
    value.isWellFormed() &&
    !value.includes("\0") // which databases refuse in text, as an error of their own
  );
}

function isCredentials(answer: Credentials | null): boolean {
  if (answer === null) return true;
  const { user, passwordHash } = (answer ?? {}) as Partial<Credentials>;
  return isObject(user) && isText(user.id) && (passwordHash === null || typeof passwordHash === "string");
}

function isObject(value: unknown): value is object & Partial<User> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

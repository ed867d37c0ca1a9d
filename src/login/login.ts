import type { FlowSettings } from "../authenticator/settings.ts";
import { digestOf } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { addressShare } from "../core/http/address.ts";
import { readClock } from "../core/time.ts";
import { logoutByRefreshToken } from "../sessions/logout.ts";
import { type LogoutMarks, readMarks, wasCutBetween } from "../sessions/marks.ts";
import { type LoginResult, type Opening, openSession, readClaims } from "../sessions/session.ts";
import { timeOf } from "../shared/date.ts";
import { tell } from "../shared/listener.ts";
import { isText } from "../shared/text.ts";
import { checkBoolean, checkCredentials, checkUserOf, isNobody } from "../store-calls/answers.ts";
import type { Credentials, User } from "../stores/contract.ts";
import { issueDevice, recogniseDevice } from "./device.ts";
import { comparePasswords, hashPassword, unreadableHash } from "./hashing.ts";
import { counterOf } from "./throttle.ts";

/** Where an attempt to log in comes from. */
export interface LoginOrigin {
  /**
   * The client's address, as the framework knows it. Where it is left out, attempts are counted together. With a throttle,
   * text that is no address (`""`, `"unknown"`, a list) is refused as `unavailable`, and told to `onOutage`.
   */
  readonly ip?: string | undefined;
  /**
   * The refresh token of the session that the client has so far, or several where it sent several: a good login ends that
   * session first (OWASP ASVS 7.2.4). Whatever is no refresh token is passed over.
   */
  readonly refreshToken?: unknown;
  /**
   * The device token that an earlier login gave the client, or several where it sent several, for a throttle with `device`.
   * Whatever is none of this user's is passed over.
   */
  readonly deviceToken?: unknown;
}

/** A user who has proved to be one, and what that rests on. */
export interface Proof<U extends User> {
  readonly name: string;
  readonly user: U;
  /** Which of the passwords it was. */
  readonly password: string;
  readonly passwordHash: string;
  /** The user's device that it came from, where it was recognised. */
  readonly deviceId: string | null;
  /** The instant before the first read, in milliseconds since 1970. */
  readonly decidedAt: number;
  /** How far the user had been logged out everywhere before the password was compared. */
  readonly marks: LogoutMarks;
}

/** Checks a login and issues its tokens. */
export async function login<U extends User>(
  settings: FlowSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<LoginResult<U>> {
  const { name, password } = credentialsIn(input);
  const proof = await prove(settings, name, [password], origin);
  await endFormerSession(settings, origin);
  const result = await beginSession(settings, proof);
  // A renewal that fails is tried again at the next login, and is no reason to refuse this one.
  await rehash(settings, proof).catch((error: unknown) => tell(settings.onRehashFailure, error));
  return result;
}

/**
 * Holds passwords against the stored hash, one after the other. An unknown user, a wrong password, a disabled user, one
 * without a hash and one with an unreadable hash cost the same work and get the same answer.
 */
export async function prove<U extends User>(
  settings: FlowSettings<U>,
  name: string,
  candidates: readonly string[],
  { ip, deviceToken }: LoginOrigin,
): Promise<Proof<U>> {
  const counter = counterOf(settings, candidates.length);
  await counter.countAddress(ip);
  const decidedAt = readClock(settings.token.now);
  const known = await findCredentials(settings, name);
  const deviceId = await recogniseDevice(settings, known?.user ?? null, deviceToken);
  await counter.countAccount({ name, userId: known?.user.id ?? null, deviceId });
  const marks = await readMarks(settings, known?.user.id ?? digestOf(name));
  const wasCut = wasCutBetween(marks, settings, decidedAt);
  // Read again, since it is only known by now whose log-outs the decision must not be older than.
  const answer = await askCredentials(settings, name);
  const found = isNobody(answer) ? null : answer;
  const passwordHash = found?.passwordHash ?? null;
  const password = await comparePasswords(settings, candidates, passwordHash, addressShare(ip));
  if (found === null || passwordHash === null || password === null || found.user.disabled) {
    throw refused(settings, found === null ? strangeAnswer(answer) : unreadableHash(settings, found));
  }
  if (wasCut || found.user.id !== known?.user.id) throw refused(settings);
  await counter.takeBack();
  return { name, user: found.user, password, passwordHash, deviceId, decidedAt, marks };
}

/** Begins a session for a user who proved to be one, unless what that rests on has changed since. */
export async function beginSession<U extends User>(
  settings: FlowSettings<U>,
  proof: Proof<U>,
): Promise<LoginResult<U>> {
  const claims = await readClaims(settings, proof.user);
  const confirmed = await confirm(settings, proof);
  const result = await openSession(settings, { ...proof, claims, ...confirmed });
  return { ...result, ...(await issueDevice(settings, confirmed.user, proof.deviceId)) };
}

/** How often a hash may be replaced, by other logins that renew it, while one login looks. */
const TRIES = 3;

/**
 * Reads the user again: comparing took its time, and whoever was disabled or got another password meanwhile is refused.
 * The password's date is read before the hash, so that a hash that is still the same vouches for both.
 */
async function confirm<U extends User>(
  settings: FlowSettings<U>,
  { name, user: { id }, password, passwordHash }: Proof<U>,
): Promise<Pick<Opening<U>, "user" | "passwordChangedAt">> {
  let known = passwordHash;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const passwordChangedAt = settings.refresh === null ? null : await readPasswordChange(settings, id);
    const again = await findCredentials(settings, name);
    if (again === null || again.user.id !== id || again.user.disabled) throw refused(settings);
    if (again.passwordHash === known) return { user: again.user, passwordChangedAt };
    const renewed = await comparePasswords(settings, [password], again.passwordHash, undefined);
    if (renewed === null) throw refused(settings, unreadableHash(settings, again));
    known = again.passwordHash as string;
  }
  throw new AuthError("unavailable", { cause: new Error("the user's password hash is being replaced all the time") });
}

/** When the user's password last became another one, read in the way in which a refresh reads it. */
async function readPasswordChange<U extends User>(settings: FlowSettings<U>, id: string): Promise<Date | null> {
  const { users, budget } = settings;
  const find = async () => users.findById(id);
  const user = await budget.ask("users.findById", find, checkUserOf(id));
  if (user === null || user.disabled) throw refused(settings);
  const changedAt = timeOf(user.passwordChangedAt);
  return Number.isNaN(changedAt) ? null : new Date(changedAt);
}

async function findCredentials<U extends User>(
  settings: FlowSettings<U>,
  name: string,
): Promise<Credentials<U> | null> {
  const answer = await askCredentials(settings, name);
  return isNobody(answer) ? null : answer;
}

async function askCredentials<U extends User>(
  { users, budget }: FlowSettings<U>,
  name: string,
): Promise<Credentials<U> | null> {
  return budget.ask("users.findCredentials", async () => users.findCredentials(name), checkCredentials);
}

/** Ends the session that the client has had so far, where it sent a refresh token of one. */
export async function endFormerSession<U extends User>(
  settings: FlowSettings<U>,
  { refreshToken }: LoginOrigin,
): Promise<void> {
  const { refresh } = settings;
  if (refresh !== null) await logoutByRefreshToken({ ...settings, refresh }, [refreshToken].flat());
}

async function rehash<U extends User>(
  settings: FlowSettings<U>,
  { user, password, passwordHash }: Proof<U>,
): Promise<void> {
  const { users, passwords, budget } = settings;
  if (users.replacePasswordHash === undefined || !passwords.needsRehash(passwordHash, password)) return;
  const next = await hashPassword(settings, password, undefined);
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next);
  await budget.ask("users.replacePasswordHash", replace, checkBoolean);
}

/** Two strings or nothing: whatever else a request's body may hold never reaches a query. */
export function credentialsIn(input: unknown): { name: string; password: string } {
  const { login: name, password } = (input ?? {}) as { login?: unknown; password?: unknown };
  if (!isText(name) || !isText(password)) throw new AuthError("malformed_credentials");
  return { name, password };
}

const NOT_NULL = "users.findCredentials: of a login that nobody has it answered undefined: answer null";

/** What was wrong with a store's answer that there is no such user, where it is not `null`. */
function strangeAnswer(answer: unknown): Error | undefined {
  return answer === null ? undefined : new TypeError(NOT_NULL);
}

function refused({ realm }: { readonly realm: string }, cause?: Error): AuthError {
  return new AuthError("invalid_credentials", { realm, ...(cause && { cause }) });
}

import { timeOf } from "../shared/date.ts";
import { MAX_TEXT_LENGTH } from "../shared/limits.ts";
import { isText } from "../shared/text.ts";
import type { Credentials, EndedSession, EndReason, Session, StoredSession, User } from "../stores/contract.ts";

/**
 * Holds a store's answer against its contract.
 *
 * @throws TypeError that names the member that does not fit, and what kind of value it is, but never the value
 */
export type AnswerCheck = (call: string, answer: unknown) => void;

/** Whether a value is an object and no array. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checks what a user store's `findCredentials` answers. */
export function checkCredentials(call: string, answer: unknown): void {
  if (isNobody(answer)) return;
  demand(isObject(answer), call, "the answer", "null or { user, passwordHash }", answer);
  const { user, passwordHash } = answer as Partial<Credentials>;
  checkUser(call, "user", user);
  const isHash = passwordHash === null || typeof passwordHash === "string";
  demand(isHash, call, "passwordHash", "a string, or null for a user without a password", passwordHash);
}

/**
 * Whether an answer of `findCredentials` says that there is no such user. A store that says so in another way than by
 * `null` is understood: a 503 for unknown users alone would tell who has an account.
 */
export function isNobody(answer: unknown): answer is null | undefined {
  if (answer === null || answer === undefined) return true;
  if (!isObject(answer) || !("user" in answer)) return false;
  return answer.user === null || answer.user === undefined;
}

/** Checks what a user store's `findById` answers about the user who was asked for. */
export function checkUserOf(id: string): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    checkUser(call, "the answer", answer);
    if ((answer as User).id !== id) throw new TypeError(`${call}: it answered with another user than it was asked for`);
  };
}

function checkUser(call: string, what: string, value: unknown): void {
  demand(isObject(value), call, what, "an object", value);
  const { id, disabled, passwordChangedAt = null } = value as Partial<User>;
  checkId(call, "user.id", id);
  demand(FLAGS.has(disabled), call, "user.disabled", "true or false", disabled);
  demand(isInstantOrNull(passwordChangedAt), call, "user.passwordChangedAt", "a valid Date or null", passwordChangedAt);
}

/** Whether somebody is disabled, as databases say it too. */
const FLAGS: ReadonlySet<unknown> = new Set([undefined, null, true, false, 0, 1]);

/** Checks what a refresh store's `findSession` answers about the family that was asked for. */
export function checkStoredSessionOf(family: string): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    checkSession(call, answer);
    const session = answer as Partial<StoredSession>;
    if (session.family !== family) throw new TypeError(`${call}: it answered with a session of another family`);
    demand(isInstant(session.expiresAt), call, "expiresAt", "a valid Date", session.expiresAt);
    const { passwordChangedAt, rotation, revision, ended } = session;
    demand(isInstantOrNull(passwordChangedAt), call, "passwordChangedAt", "a valid Date or null", passwordChangedAt);
    demand(typeof rotation === "string", call, "rotation", "a string", rotation);
    demand(isCount(revision), call, "revision", COUNT, revision);
    demand(REASONS.has(ended), call, "ended", REASON, ended);
  };
}

const REASONS: ReadonlySet<unknown> = new Set<EndReason | null>([null, "logout", "reuse"]);
const REASON = '"logout", "reuse" or null';
const COUNT = "a whole number, 0 or more";

/** Checks what a refresh store's `sessions` answers. */
export function checkSessions(call: string, answer: unknown): void {
  for (const session of listOf(call, answer)) checkSession(call, session);
}

function checkSession(call: string, value: unknown): void {
  demand(isObject(value), call, "a session", "an object", value);
  const { sid, userId, createdAt, lastUsedAt } = value as Partial<Session>;
  checkId(call, "sid", sid);
  checkId(call, "userId", userId);
  demand(isInstant(createdAt), call, "createdAt", "a valid Date", createdAt);
  demand(isInstant(lastUsedAt), call, "lastUsedAt", "a valid Date", lastUsedAt);
}

/** Checks what a refresh store's `endSession` answers. */
export function checkReason(call: string, answer: unknown): void {
  demand(REASONS.has(answer), call, "the answer", REASON, answer);
}

/** Checks what a refresh store's `endSessions` answers. */
export function checkEndedSessions(call: string, answer: unknown): void {
  for (const session of listOf(call, answer)) {
    demand(isObject(session), call, "an ended session", "an object", session);
    const { sid, ended } = session as Partial<EndedSession>;
    checkId(call, "sid", sid);
    demand(ended !== null && REASONS.has(ended), call, "ended", '"logout" or "reuse"', ended);
  }
}

/** Checks what a refresh store's `startSession` answers. */
export function checkIdsOrNull(call: string, answer: unknown): void {
  if (answer !== null) for (const id of listOf(call, answer)) checkId(call, "an id", id);
}

/** Checks an answer that says how often something was done. */
export function checkCount(call: string, answer: unknown): void {
  demand(isCount(answer), call, "the answer", COUNT, answer);
}

/** Checks an answer that is an instant, or none. */
export function checkInstantOrNull(call: string, answer: unknown): void {
  demand(isInstantOrNull(answer), call, "the answer", "a valid Date or null", answer);
}

/** Checks an answer that is exactly `true` or `false`. */
export function checkBoolean(call: string, answer: unknown): void {
  demand(typeof answer === "boolean", call, "the answer", "true or false", answer);
}

/** Checks an answer that is an object. */
export function checkObject(call: string, answer: unknown): void {
  demand(isObject(answer), call, "the answer", "an object", answer);
}

/** For what answers nothing. */
export function takeAnything(): void {}

function listOf(call: string, answer: unknown): readonly unknown[] {
  demand(Array.isArray(answer), call, "the answer", "a list", answer);
  return answer as unknown[];
}

function checkId(call: string, member: string, value: unknown): void {
  demand(isText(value), call, member, `a string of 1 to ${MAX_TEXT_LENGTH} characters without NUL`, value);
}

function demand(holds: boolean, call: string, member: string, expected: string, value: unknown): void {
  if (!holds) throw new TypeError(`${call}: ${member} must be ${expected}, got ${kindOf(value)}`);
}

const ABSENT = "undefined: where there is none, answer null";

function kindOf(value: unknown): string {
  if (value === undefined) return ABSENT;
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isInstantOrNull(value: unknown): boolean {
  return value === null || isInstant(value);
}

function isInstant(value: unknown): boolean {
  return !Number.isNaN(timeOf(value));
}

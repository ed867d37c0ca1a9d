import { timeOf } from "../shared/date.ts";
import type { Credentials, EndedSession, EndReason, Session, StoredSession, User } from "../stores/contract.ts";

/** Whether a value is an object and no array. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const LONGEST = 1_024;

/** Whether a value is text that every store can hold: 1 to 1024 characters, well-formed, without a NUL. */
export function isText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= LONGEST &&
    value.isWellFormed() &&
    !value.includes("\0") // which databases refuse in text, as an error of their own
  );
}

/** Whether an answer is of a user store's `findCredentials`. */
export function isCredentials(answer: Credentials | null): boolean {
  if (answer === null) return true;
  const { user, passwordHash } = (answer ?? {}) as Partial<Credentials>;
  return isUser(user) && (passwordHash === null || typeof passwordHash === "string");
}

/** Whether an answer is of a user store's `findById`, about the user who was asked for. */
export function isUserOrNull(answer: unknown, id: string): boolean {
  return answer === null || (isUser(answer) && answer.id === id);
}

function isUser(value: unknown): value is User {
  if (!isObject(value)) return false;
  const { id, passwordChangedAt = null } = value as Partial<User>;
  return isText(id) && isInstantOrNull(passwordChangedAt);
}

/** Whether an answer is of a refresh store's `findSession`, about the family that was asked for. */
export function isStoredSessionOrNull(answer: unknown, family: string): boolean {
  if (answer === null) return true;
  if (!isSession(answer)) return false;
  const session = answer as Partial<StoredSession>;
  return (
    session.family === family &&
    isInstant(session.expiresAt) &&
    isInstantOrNull(session.passwordChangedAt) &&
    typeof session.rotation === "string" &&
    isCount(session.revision) &&
    REASONS.has(session.ended)
  );
}

const REASONS: ReadonlySet<unknown> = new Set<EndReason | null>([null, "logout", "reuse"]);

/** Whether an answer is of a refresh store's `sessions`. */
export function isSessions(answer: unknown): boolean {
  return Array.isArray(answer) && answer.every(isSession);
}

/** Whether an answer is of a refresh store's `endSession`. */
export function isReasonOrNull(answer: unknown): boolean {
  return REASONS.has(answer);
}

/** Whether an answer is of a refresh store's `endSessions`. */
export function isEndedSessions(answer: unknown): boolean {
  return (
    Array.isArray(answer) &&
    answer.every((it: Partial<EndedSession> | null) => isObject(it) && isText(it.sid) && it.ended !== null) &&
    answer.every((it: EndedSession) => REASONS.has(it.ended))
  );
}

/** Whether an answer is a list of ids. */
function isTexts(answer: unknown): boolean {
  return Array.isArray(answer) && answer.every(isText);
}

/** Whether an answer is of a refresh store's `startSession`. */
export function isTextsOrNull(answer: unknown): boolean {
  return answer === null || isTexts(answer);
}

/** Whether an answer is how often something was done. */
export function isCount(answer: unknown): boolean {
  return Number.isSafeInteger(answer) && (answer as number) >= 0;
}

/** Whether an answer is a valid Date, or `null`. */
export function isInstantOrNull(answer: unknown): boolean {
  return answer === null || isInstant(answer);
}

/** Whether an answer is exactly `true` or `false`. */
export function isBoolean(answer: unknown): boolean {
  return typeof answer === "boolean";
}

/** For what answers nothing. */
export function isAnything(): boolean {
  return true;
}

function isSession(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { sid, userId, createdAt, lastUsedAt } = value as Partial<Session>;
  return isText(sid) && isText(userId) && isInstant(createdAt) && isInstant(lastUsedAt);
}

function isInstant(value: unknown): boolean {
  return !Number.isNaN(timeOf(value));
}

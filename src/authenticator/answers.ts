import { timeOf } from "../shared/date.ts";
import type { Credentials, Session, SpendOutcome, StoredRefreshToken, User } from "../stores/contract.ts";

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
  return isText(id) && (passwordChangedAt === null || isInstant(passwordChangedAt));
}

/** Whether an answer is of a refresh store's `findToken`, about the token that was asked for. */
export function isTokenOrNull(answer: unknown, tokenHash: string): boolean {
  if (answer === null) return true;
  if (!isObject(answer)) return false;
  const token = answer as Partial<StoredRefreshToken>;
  return (
    token.tokenHash === tokenHash &&
    isInstant(token.expiresAt) &&
    (token.spentAt === null || isInstant(token.spentAt)) &&
    isSession(token.session)
  );
}

/** Whether an answer is of a refresh store's `sessions`. */
export function isSessions(answer: unknown): boolean {
  return Array.isArray(answer) && answer.every(isSession);
}

/** Whether an answer is of a refresh store's `endSessions`. */
export function isTexts(answer: unknown): boolean {
  return Array.isArray(answer) && answer.every(isText);
}

const OUTCOMES: ReadonlySet<unknown> = new Set<SpendOutcome>(["fresh", "sibling", "reused", "ended"]);

/** Whether an answer is of a refresh store's `spend`. */
export function isOutcome(answer: unknown): boolean {
  return OUTCOMES.has(answer);
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

import { readTime } from "../shared/date.ts";
import { isRecord } from "../shared/object.ts";
import { AN_ID, isId } from "../shared/text.ts";

/**
 * Checks a store's answer against the store's contract.
 *
 * @throws TypeError that names the member that does not fit and the kind of its value, but never the value
 */
export type AnswerCheck = (call: string, answer: unknown) => void;

/** The advice for {@link demand} where `null` is a valid answer. */
export const OR_NULL = ": where there is none, answer null";

/** Checks that an answer is exactly `true` or `false`, and not just truthy or falsy. */
export function checkBoolean(call: string, answer: unknown): void {
  demand(typeof answer === "boolean", call, "the answer", "true or false", answer);
}

/** Checks that an answer is an object with its members, and no Map. */
export function checkObject(call: string, answer: unknown): void {
  demand(isRecord(answer), call, "the answer", "a plain object", answer);
}

/** Checks that an answer is a count. */
export function checkCount(call: string, answer: unknown): void {
  demandCount(call, "the answer", answer);
}

/** Checks that an answer is an instant or `null`. */
export function checkInstantOrNull(call: string, answer: unknown): void {
  demandInstantOrNull(call, "the answer", answer);
}

/** Accepts every answer: for a method that answers nothing. */
export function acceptAnything(): void {}

/** Checks that an answer is a list, and returns it. */
export function readList(call: string, answer: unknown): readonly unknown[] {
  demand(Array.isArray(answer), call, "the answer", "a list", answer);
  return answer as unknown[];
}

/**
 * Refuses an answer unless a condition holds.
 *
 * @param advice - what to do about `undefined`, such as {@link OR_NULL}
 */
export function demand(
  holds: boolean,
  call: string,
  member: string,
  expected: string,
  value: unknown,
  advice = "",
): void {
  const hint = value === undefined ? advice : "";
  if (!holds) throw new TypeError(`${call}: ${member} must be ${expected}, got ${describeKind(value)}${hint}`);
}

/** Refuses an answer with a member that is not an id. */
export function demandId(call: string, member: string, value: unknown): void {
  demand(isId(value), call, member, AN_ID, value);
}

/** Refuses an answer with a member that is not a count. */
export function demandCount(call: string, member: string, value: unknown): void {
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0;
  demand(isCount, call, member, "a whole number, 0 or more", value);
}

/** Refuses an answer with a member that is not a valid Date. */
export function demandInstant(call: string, member: string, value: unknown): void {
  demand(isInstant(value), call, member, "a valid Date", value);
}

/** Refuses an answer with a member that is neither a valid Date nor `null`. */
export function demandInstantOrNull(call: string, member: string, value: unknown): void {
  demand(value === null || isInstant(value), call, member, "a valid Date or null", value, OR_NULL);
}

function isInstant(value: unknown): boolean {
  return !Number.isNaN(readTime(value));
}

function describeKind(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

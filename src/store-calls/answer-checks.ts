import { readTime } from "../shared/date.ts";
import { isObject } from "../shared/object.ts";
import { AN_ID, isId } from "../shared/text.ts";

/**
 * Checks a store's answer against the store's contract.
 *
 * @throws TypeError that names the member that does not fit and the kind of its value, but never the value
 */
export type AnswerCheck = (call: string, answer: unknown) => void;

/** What {@link demand} advises where `null` is an answer too. */
export const OR_NULL = ": where there is none, answer null";

/** Checks an answer that is `true` or `false`, and nothing that merely counts as either. */
export function checkBoolean(call: string, answer: unknown): void {
  demand(typeof answer === "boolean", call, "the answer", "true or false", answer);
}

/** Checks an answer that is an object. */
export function checkObject(call: string, answer: unknown): void {
  demand(isObject(answer), call, "the answer", "an object", answer);
}

/** Checks an answer that says how often something was done. */
export function checkCount(call: string, answer: unknown): void {
  demandCount(call, "the answer", answer);
}

/** Checks an answer that is an instant or `null`. */
export function checkInstantOrNull(call: string, answer: unknown): void {
  demandInstantOrNull(call, "the answer", answer);
}

/** Accepts every answer: for a method that answers nothing. */
export function acceptAnything(): void {}

/** Checks an answer that is a list, and gives the list. */
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

/** Refuses an answer one member of which is no id. */
export function demandId(call: string, member: string, value: unknown): void {
  demand(isId(value), call, member, AN_ID, value);
}

/** Refuses an answer one member of which is no count. */
export function demandCount(call: string, member: string, value: unknown): void {
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0;
  demand(isCount, call, member, "a whole number, 0 or more", value);
}

/** Refuses an answer one member of which is no valid Date. */
export function demandInstant(call: string, member: string, value: unknown): void {
  demand(isInstant(value), call, member, "a valid Date", value);
}

/** Refuses an answer one member of which is neither a valid Date nor `null`. */
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

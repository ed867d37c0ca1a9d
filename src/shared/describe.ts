import { MAX_QUOTED_LENGTH, MAX_QUOTED_VALUES } from "./limits.ts";
import { isString } from "./text.ts";

/**
 * Describes a value from an untrusted source for a developer, in one short line of printable ASCII. Text is quoted.
 * Text, numbers, booleans and lists of text are shown; of any other value, only the type.
 */
export function describeValue(value: unknown): string {
  const kind = typeof value;
  if (kind === "string") return quote(value as string);
  if (value === undefined) return "missing";
  if (value === null || kind === "number" || kind === "boolean") return String(value);
  if (Array.isArray(value)) return value.every(isString) ? `[${list(value)}]` : "a list";
  return kind === "object" ? "an object" : `a ${kind}`;
}

/** Describes what a claim or header parameter is, and what it should be: a description, or one of several names. */
export function describeMismatch(name: string, value: unknown, expected: string | readonly string[]): string {
  return `${name} is ${describeValue(value)}, expected ${typeof expected === "string" ? expected : describeExpected(expected)}`;
}

/** Describes what is expected: one name, or one of several. */
export function describeExpected(names: readonly string[]): string {
  return names.length === 1 ? list(names) : `one of ${list(names)}`;
}

/** Describes what is in the place of a secret text, and shows nothing of it. */
export function describeMissing(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (typeof value === "string") return value === "" ? "empty" : "no such string";
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}

function list(texts: readonly string[]): string {
  const more = texts.length > MAX_QUOTED_VALUES ? [`and ${texts.length - MAX_QUOTED_VALUES} more`] : [];
  return [...texts.slice(0, MAX_QUOTED_VALUES).map(quote), ...more].join(", ");
}

function quote(text: string): string {
  const cut = text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}...` : text;
  return JSON.stringify(cut).replace(/[^ -~]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

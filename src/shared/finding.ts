import { MAX_QUOTED_LENGTH, MAX_QUOTED_VALUES } from "./limits.ts";

const PLAIN: ReadonlySet<string> = new Set(["number", "boolean"]);
const NAMES: Readonly<Record<string, string>> = { undefined: "missing", object: "an object" };

/**
 * What was found, for a developer: one short line of printable ASCII. Text stands in the quotes of JSON, and what is
 * neither text nor a number is only named, since it may come from anybody.
 */
export function finding(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (value === null || PLAIN.has(typeof value)) return String(value);
  if (Array.isArray(value)) return value.every((it) => typeof it === "string") ? `[${listed(value)}]` : "a list";
  return NAMES[typeof value] ?? `a ${typeof value}`;
}

/** What a claim or header parameter is, and what it should be: in words, or one of several names. */
export function describeMismatch(name: string, value: unknown, expected: string | readonly string[]): string {
  return `${name} is ${finding(value)}, expected ${typeof expected === "string" ? expected : expectation(expected)}`;
}

/** What would have been good: a name, or one of several. */
export function expectation(names: readonly string[]): string {
  return names.length === 1 ? listed(names) : `one of ${listed(names)}`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length > MAX_QUOTED_VALUES ? [`and ${texts.length - MAX_QUOTED_VALUES} more`] : [];
  return [...texts.slice(0, MAX_QUOTED_VALUES).map(quoted), ...more].join(", ");
}

function quoted(text: string): string {
  const cut = text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}...` : text;
  return JSON.stringify(cut).replace(/[^ -~]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

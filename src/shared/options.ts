import { assert } from "./assert.ts";
import { isRecord } from "./object.ts";
import { refusePromise } from "./promise.ts";
import { readSafely } from "./read.ts";
import { FILLED, isFilled } from "./text.ts";

/** A table of the options of an interface. A name that the interface lacks, or one left out here, does not compile. */
export type OptionNames<Options> = {
  readonly [Name in keyof Options]-?: {} extends Pick<Options, Name> ? "optional" : "required";
};

/** The two kinds of options, for a table of {@link OptionNames}. */
export const optional = "optional";
export const required = "required";

/** The names that an options object may have. */
type OptionKinds = Readonly<Record<string, "optional" | "required">>;

const MUST = "it must be given";

/** What a message about a value that is not there asks. */
export const NOT_SET = " (is an environment variable not set?)";

/**
 * Refuses an option with an unknown name, and one whose value is `undefined`. A misspelt name, or an environment
 * variable that is not set, would otherwise switch a check off silently.
 *
 * @throws TypeError that names the option, and the options that there are
 */
export function checkOptions(owner: string, options: unknown, known: OptionKinds): void {
  checkNames(owner, options, known);
  for (const [name, value] of readSafely(owner, () => Object.entries(options as object))) {
    const remedy = known[name] === required ? MUST : "give it a value, or leave it out for the default";
    assert(value !== undefined, `${owner}: ${name} is undefined; ${remedy}${NOT_SET}`);
  }
}

/** Refuses an option with an unknown name. Values are not read: those that come from a request may be `undefined`. */
export function checkNames(owner: string, options: unknown, known: OptionKinds): void {
  const names = Object.keys(known).join(", ");
  refusePromise(`what ${owner} was given`, options);
  const given = readSafely(owner, () => (isRecord(options) ? Object.keys(options) : null));
  assert(given !== null, `${owner} takes a plain object with options: ${names}`);
  for (const name of given) {
    assert(Object.hasOwn(known, name), `${owner}: there is no option "${name}"; the options are ${names}`);
  }
}

/** Refuses `undefined`, `null` and a promise. An environment variable that is not set is `undefined`. */
export function checkGiven(name: string, value: unknown): void {
  refusePromise(name, value);
  if (value === undefined || value === null) throw new TypeError(`${name} is ${value}; ${MUST}${NOT_SET}`);
}

/**
 * Refuses a value that lacks one of the methods an interface asks for.
 *
 * @param example - something that has them, for the message
 */
export function checkMethods(owner: string, value: unknown, methods: readonly string[], example: string): void {
  refusePromise(owner, value);
  for (const method of methods) {
    const isThere = typeof (value as Record<string, unknown> | null)?.[method] === "function";
    assert(isThere, `${owner} must be an object with the methods ${methods.join(", ")}, such as ${example}`);
  }
}

/** Refuses a number that is not whole or lies outside its range. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  assert(fits, `${name} must be a whole number from ${min} to ${max}`);
  return value as number;
}

/** Refuses anything but a non-empty string. */
export function checkText(name: string, value: unknown): string {
  assert(isFilled(value), `${name} must be ${FILLED}`);
  return value;
}

/** Refuses anything but a function. */
export function checkFunction(name: string, value: unknown, example: string): void {
  assert(typeof value === "function", `${name} must be a function: ${example}`);
}

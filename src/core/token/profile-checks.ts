import { assert } from "../../shared/assert.ts";
import { readSafely } from "../../shared/read.ts";
import { FILLED, isFilled } from "../../shared/text.ts";
import { KEY } from "../keys/key.ts";
import type { KeySource } from "../keys/source.ts";
import { type ClaimsSchema, isSchema } from "./schema.ts";

const SWITCH_OFF = "; null switches the check off";

/** Checks an issuer: a name, or `null`. */
export function checkIssuer(issuer: unknown): string | null {
  assert(issuer === null || isFilled(issuer), `issuer must be ${FILLED}${SWITCH_OFF}`);
  return issuer;
}

/**
 * Checks `audience`, `typ` or `requiredClaims`: a name, a list of names, or `null`. The list is copied, so that nobody
 * changes it later.
 */
export function checkList(option: string, given: unknown): readonly string[] | null {
  if (given === null) return null;
  const names: unknown[] = readSafely("defineToken", () => [given].flat());
  const message = `${option} must be ${FILLED}, or a list of them${SWITCH_OFF}`;
  assert(names.length > 0 && names.every(isFilled), message);
  return Object.freeze(names as string[]);
}

/** Checks `threadPool`, which needs a key that the thread pool can use. */
export function checkThreadPool(threadPool: unknown, source: KeySource, now: () => number): boolean {
  assert(typeof threadPool === "boolean", "threadPool must be true or false");
  if (!threadPool || source.remote !== null) return threadPool;
  const isUsable = source.read(now)?.keys.some((key) => key[KEY].verifyInPool !== undefined) === true;
  assert(isUsable, "threadPool is for key pairs; leave it out");
  return threadPool;
}

/** Checks a schema, if there is one. */
export function checkSchema(schema: unknown): ClaimsSchema | undefined {
  const fits = schema === undefined || readSafely("defineToken", () => isSchema(schema));
  assert(fits, "schema must be a Standard Schema, such as zod, valibot or arktype make");
  return schema as ClaimsSchema | undefined;
}

/** Checks that a clock is a function. {@link readClock} checks what it returns. */
export function checkClock(now: unknown): () => number {
  assert(typeof now === "function", "now must be a function like Date.now");
  return now as () => number;
}

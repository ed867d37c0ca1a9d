import { reading } from "../../shared/read.ts";
import { KEY } from "../keys/key.ts";
import type { KeyRing } from "../keys/ring.ts";
import { type ClaimsSchema, isSchema } from "./schema.ts";

const SWITCH_OFF = "; null switches the check off";

/** `null`, or a name that says something. */
export function checkIssuer(issuer: unknown): string | null {
  if (issuer === null || (typeof issuer === "string" && issuer !== "")) return issuer;
  throw new TypeError(`issuer must be a non-empty string${SWITCH_OFF}`);
}

/** `null`, or a list of names, which its giver can no longer change. */
export function checkAudience(audience: unknown): readonly string[] | null {
  if (audience === null) return null;
  const names: unknown[] = reading("defineToken", () => (Array.isArray(audience) ? [...audience] : [audience]));
  if (names.length > 0 && names.every((it) => typeof it === "string" && it !== "")) {
    return Object.freeze(names as string[]);
  }
  throw new TypeError(`audience must be a non-empty string, or a list of them${SWITCH_OFF}`);
}

/** Refuses to send to the pool what has no way there. */
export function checkThreadPool(threadPool: unknown, { keys }: KeyRing): boolean {
  if (typeof threadPool !== "boolean") throw new TypeError("threadPool must be true or false");
  if (threadPool && keys.every((key) => key[KEY].verifyInPool === undefined)) {
    throw new TypeError("threadPool is for key pairs; leave it out");
  }
  return threadPool;
}

/** A Standard Schema, where one was given. */
export function checkSchema(schema: unknown): ClaimsSchema | undefined {
  if (schema === undefined || reading("defineToken", () => isSchema(schema))) return schema as ClaimsSchema | undefined;
  throw new TypeError("schema must be a Standard Schema, such as zod, valibot or arktype make");
}

/** A function, of which {@link readClock} will see what it returns. */
export function checkClock(now: unknown): () => number {
  if (typeof now !== "function") throw new TypeError("now must be a function like Date.now");
  return now as () => number;
}

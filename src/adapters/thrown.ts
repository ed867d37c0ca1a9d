/**
 * Turns what was thrown into an error: the error itself, of any realm, or a TypeError with the thrown value as its
 * cause. A guard, a hasher or a store that the application wrote may throw anything. Frameworks don't treat every value
 * as an error: after `undefined`, Express calls the next handler, and Fastify sends `{ status: 200 }`.
 */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new TypeError(NO_ERROR, { cause: thrown });
}

/** Tells whether an error is of this realm: frameworks that use `instanceof` recognize no other. */
export function isOfThisRealm(error: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(Error.prototype, error as object);
}

const NO_ERROR = "a guard, a hasher or another part of the application's threw what is no Error: see the cause";

function isError(value: unknown): value is Error {
  try {
    return Object.prototype.toString.call(value) === "[object Error]" || isOfThisRealm(value);
  } catch {
    return false; // Any access to a revoked proxy throws.
  }
}

/**
 * Makes an error of whatever was thrown: the error itself, of any realm, or a TypeError with what was thrown as its
 * cause. A guard, a hasher or a store of the application's own may throw anything. Frameworks take some of that for no
 * error at all: `undefined` has Express call the next handler, and `{ status: 200 }` is what Fastify then sends.
 */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new TypeError(NO_ERROR, { cause: thrown });
}

/** Tells whether an error is of this realm: frameworks that ask by `instanceof` take no other for an error. */
export function isOfThisRealm(error: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(Error.prototype, error as object);
}

const NO_ERROR = "a guard, a hasher or another part of the application's threw what is no Error: see the cause";

function isError(value: unknown): value is Error {
  try {
    return Object.prototype.toString.call(value) === "[object Error]" || isOfThisRealm(value);
  } catch {
    return false; // A revoked proxy answers nothing.
  }
}

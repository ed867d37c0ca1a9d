import { isAuthError } from "../core/errors.ts";

const PART = "a guard, a hasher or another part of the application's threw";
const NO_ERROR = `${PART} what is no Error: see the cause`;
const NO_REFUSAL = `${PART} an error that must not decide the answer: see the cause; throw an AuthError to refuse`;

/**
 * Turns what a part of the application threw into an error that a framework answers as one: the error itself, of any
 * realm, or a TypeError with the thrown value as its cause. A guard, a hasher or a store that the application wrote may
 * throw anything. Frameworks don't treat every value as an error: after `undefined`, Express calls the next handler,
 * and Fastify sends `{ status: 200 }`. Koa and Nest answer an error with its own status, also where that is 200.
 */
export function toError(thrown: unknown): Error {
  if (!isError(thrown)) return new TypeError(NO_ERROR, { cause: thrown });
  return isAuthError(thrown) || canBeAnswered(thrown) ? thrown : new TypeError(NO_REFUSAL, { cause: thrown });
}

/**
 * Turns what a guard threw into an error as {@link toError} does. Only an `AuthError` decides the answer: the status of
 * another error tells what some other service answered, and a client that got that 401 would drop a good token.
 */
export function toGuardError(thrown: unknown): Error {
  const error = toError(thrown);
  return isAuthError(error) || readErrorStatus(error) === undefined
    ? error
    : new TypeError(NO_REFUSAL, { cause: error });
}

/** Tells whether an error is of this realm: frameworks that use `instanceof` recognize no other. */
export function isOfThisRealm(error: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(Error.prototype, error as object);
}

function isError(value: unknown): value is Error {
  try {
    return Object.prototype.toString.call(value) === "[object Error]" || isOfThisRealm(value);
  } catch {
    return false; // Any access to a revoked proxy throws.
  }
}

/** The properties of an error that frameworks read. */
const READ = ["status", "statusCode", "code", "headers", "type", "expose", "message", "stack", "name"] as const;

/**
 * Tells whether a framework can answer with an error: it can read it, Koa can write to it, and its status is that of a
 * failure. To Koa, an error of the file system is 404.
 */
function canBeAnswered(error: Error): boolean {
  try {
    const [status, statusCode, code]: unknown[] = READ.map((name) => Reflect.get(error, name));
    const isMissingFile = status === undefined && statusCode === undefined && code === "ENOENT";
    return !isMissingFile && [status, statusCode].every(isFailure) && Object.isExtensible(error);
  } catch {
    return false;
  }
}

function isFailure(status: unknown): boolean {
  return status === undefined || (Number(status) >= 400 && Number(status) < 600);
}

/** Reads the status that an error brings along; `undefined` where it has none. */
function readErrorStatus(error: Error): unknown {
  const { status, statusCode } = error as { readonly status?: unknown; readonly statusCode?: unknown };
  return status ?? statusCode;
}

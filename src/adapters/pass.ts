import type { Guard, Recognition } from "../guard/guard.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";

const PASS: unique symbol = Symbol.for("hallpass.pass") as never;

interface Pass {
  readonly guard: Guard;
  readonly identity: Identity | null;
}

/** Whatever a framework hands from one handler to the next. */
interface Holder {
  [PASS]?: Pass;
}

/**
 * Notes on a request who is asking, and which guard said so, and gives that back. A guard of the application's own making
 * may have answered anything: what is no identity lets nobody in.
 */
export function leavePass<Auth extends Identity | null>(
  holder: object,
  guard: Guard,
  recognition: Recognition,
  found: Auth,
): Auth {
  if (!isIdentity(found) && !(found === null && recognition === "authenticateOptional")) {
    throw new TypeError(`the guard's ${recognition} must answer with a promise of ${EXPECTED[recognition]}`);
  }
  (holder as Holder)[PASS] = { guard, identity: found };
  return found;
}

const IDENTITY = "an identity, { userId, scopes, claims }, whose userId is a non-empty string and scopes a list";
const EXPECTED: Readonly<Record<Recognition, string>> = {
  authenticate: IDENTITY,
  authenticateOptional: `${IDENTITY}, or null`,
};

/**
 * Leaves who is asking in a request's `auth`, for handlers to read. Other libraries give that name other types, and set it too:
 * the last one to do so wins, and the identity in a pass is safe from them.
 */
export function showIdentity(request: object, identity: Identity | null): void {
  (request as { auth?: Identity | null }).auth = identity;
}

/** The identity that a guard found, or a configuration error where that guard found none. */
export function identityFrom<Claims>(holder: object, guard: Guard<Claims>): Identity<Claims> {
  const identity = passOf(holder, guard)?.identity ?? null;
  if (identity === null) throw new TypeError("authOf: put requireAuth with this same guard in front of this handler");
  return identity as Identity<Claims>;
}

/** The identity that a guard found, `null` where nobody said, or a configuration error where that guard never ran. */
export function optionalIdentityFrom<Claims>(holder: object, guard: Guard<Claims>): Identity<Claims> | null {
  const pass = passOf(holder, guard);
  if (pass === undefined) {
    throw new TypeError("optionalAuthOf: put optionalAuth with this same guard in front of this handler");
  }
  return pass.identity as Identity<Claims> | null;
}

function passOf<Claims>(holder: object, guard: Guard<Claims>): Pass | undefined {
  const pass = (holder as Holder)[PASS];
  return pass?.guard === guard ? pass : undefined;
}

/** Holds a request's identity against scopes, by the guard that found it. */
export function authorizePass(holder: object, scopes: readonly string[]): void {
  const pass = (holder as Holder)[PASS];
  if (pass === undefined) throw new TypeError("requireScope: put requireAuth or optionalAuth in front of it");
  pass.guard.authorize(pass.identity, scopes);
}

const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Refuses what can't be a scope (RFC 6749 §3.3), when a route is built. */
export function checkScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0 || !scopes.every((scope) => typeof scope === "string" && SCOPE.test(scope))) {
    throw new TypeError('requireScope takes one or more scopes, such as "orders:read", each a string without spaces');
  }
  return scopes;
}
